import type { LiveRunner } from "@tera/admin-api/workers";
import { expect, test } from "vitest";
import type { LivePoint, LiveSnapshot } from "../../../../api/live.ts";
import type { Attention } from "../../../../api/overview.ts";
import { quietFigures } from "../../../../testing/live-figures.ts";
import { findAttention } from "./attention.ts";

function runner(id: string, state: LiveRunner["state"], models: string[]): LiveRunner {
  const reason = state === "ready" ? null : `${id} is ill`;
  return {
    id,
    kind: "http",
    engine: "vllm",
    engineVersion: null,
    address: null,
    state,
    reason,
    models,
    slots: 1,
    busy: 0,
    tokensPerS: null,
    actions: [],
  };
}

function snapshot(runners: LiveRunner[], change: Partial<LiveSnapshot> = {}): LiveSnapshot {
  const at = "2026-11-23T12:00:00.000Z";
  const worker = { id: "w", host: "h", startedAt: at, draining: false, gpus: [], runners };
  const total = runners.filter(({ state }) => state === "ready").length;
  return { at, gateways: 1, now: quietFigures, workers: [worker], slots: { busy: 0, total }, today: null, ...change };
}

const nothing: Attention = {
  unpricedModels: [],
  lowBalances: { items: [], total: 0 },
  ledger: { checkedAt: "2026-11-23T03:40:00.000Z", findings: 0 },
  failedRuns: [],
  setUp: { account: true, key: true, price: true, request: true },
};

const titles = (...from: Parameters<typeof findAttention>) => findAttention(...from).map(({ title }) => title);
const well = snapshot([runner("a", "ready", ["m"])]);

test("an installation that is well needs nobody; nor does what the operator has taken out", () => {
  expect(titles(well, [], nothing)).toEqual([]);
  const wanted = [runner("a", "ready", ["m"]), runner("b", "drained", ["n"]), runner("c", "unloaded", ["o"])];
  expect(titles(snapshot(wanted), [], nothing)).toEqual([]);
});

test("what refuses requests comes first", () => {
  expect(titles(snapshot([], { workers: [], gateways: 0 }), [], undefined)).toEqual([
    "No gateway is there",
    "No worker is connected",
  ]);
  expect(titles(snapshot([runner("a", "starting", ["m"])]), [], undefined)).toEqual(["No runner takes requests"]);
});

test("a model is lost when none of its runners works, and each runner says why", () => {
  const runners = [runner("a", "ready", ["m"]), runner("b", "ejected", ["m"]), runner("c", "unhealthy", ["n"])];
  expect(findAttention(snapshot(runners), [], undefined)).toMatchObject([
    { level: "critical", title: "n has no working replica" },
    { level: "warning", title: "Runner b on w is ejected", why: "b is ill" },
    { level: "warning", title: "Runner c on w is unhealthy", why: "c is ill" },
  ]);
  const many = Array.from({ length: 40 }, (_, index) => runner(`r${index}`, "unhealthy", ["m"]));
  expect(titles(snapshot([...many, runner("a", "ready", ["m"])]), [], undefined).at(-1)).toBe(
    "37 more runners are not well",
  );
});

test("failures of the last five minutes count, older ones do not", () => {
  const point = (failedPerS: number): LivePoint => ({
    ...quietFigures,
    failedPerS,
    beginsAt: "2026-11-23T12:00:00.000Z",
  });
  const [failing, fine] = [Array(15).fill(point(1)), Array(15).fill(point(0))];
  expect(titles(well, [...fine, ...failing], nothing)).toEqual(["50 % of the last minutes' requests failed"]);
  expect(titles(well, [...failing, ...fine], nothing)).toEqual([]);
});

test("requests that could not be served count as failures, those that were refused for what the client did not", () => {
  const point = (change: Partial<LivePoint>): LivePoint => ({
    ...quietFigures,
    ...change,
    beginsAt: "2026-11-23T12:00:00.000Z",
  });
  const title = "50 % of the last minutes' requests failed";
  expect(titles(well, Array(15).fill(point({ unservedPerS: 1 })), nothing)).toEqual([title]);
  expect(titles(well, Array(15).fill(point({ refusedPerS: 9, limitedPerS: 9 })), nothing)).toEqual([]);
});

test("money that does not add up is critical; prices and credit that are missing are named", () => {
  const money: Attention = {
    ...nothing,
    ledger: { checkedAt: "2026-11-23T03:40:00.000Z", findings: 1 },
    unpricedModels: ["a", "b", "c", "d"],
    lowBalances: { items: [{ accountId: "acct", name: "Acme", balance: "-0.000000001" }], total: 3 },
    failedRuns: [{ name: "invoices", startedAt: "2026-11-23T03:40:00.000Z", failure: "no seller" }],
  };
  expect(findAttention(well, [], money)).toMatchObject([
    { level: "critical", title: "The check of the ledger has 1 finding" },
    { title: "a, b, c and 1 more have no price" },
    { title: "3 prepaid accounts have little credit", amount: "-0.000000001" },
    { title: "Background work failed: invoices", why: "no seller" },
  ]);
});
