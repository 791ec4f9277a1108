/** What the runs find in Postgres, and what they write down of it. */
import { account, apiKey, connectDatabase, engineDrift, notice } from "@tera/database";
import { installTestClock } from "@tera/database/testing";
import { createLedgerStore, createPartyStore, createPriceStore, createUsageWriter } from "@tera/metering";
import type { EngineCount } from "@tera/protocol";
import { createMetrics } from "@tera/telemetry";
import { createTestDatabase, newUsageRecord } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { registerBackgroundMetrics } from "../metrics.ts";
import { createNoticeStore } from "../notices/notice-store.ts";
import { createRunLog } from "../run-log.ts";
import { createEngineCountsRun } from "./engine-counts.ts";
import { createExpiryNotices } from "./expiry-notices.ts";
import { createInvoiceRun } from "./invoice-run.ts";
import { createLedgerCheck } from "./ledger-check.ts";
import { createLowBalanceNotices } from "./low-balance-notices.ts";

const testDatabase = await createTestDatabase();
const clock = await installTestClock(testDatabase.url);
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
const noticeStore = createNoticeStore({ db });
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const signal = new AbortController().signal;
const ledger = createLedgerStore({ db });
const usd = 1_000_000_000n;
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

await clock.set(new Date("2026-11-20T12:00:00Z"));
await db.insert(account).values([
  { id: "acct_post", name: "Post", kind: "postpaid" },
  { id: "acct_pre", name: "Pre", kind: "prepaid" },
]);

const told = async (type: string) => {
  const rows = await db.select().from(notice).where(eq(notice.type, type));
  return rows.map(({ reference }) => reference).toSorted();
};

test("keys are told of a week and a day before they expire, once each; not those that were revoked, replaced or made for a day", async () => {
  const key = (id: string, days: number, more: object = {}) => ({
    id,
    accountId: "acct_pre",
    name: id,
    hash: Buffer.from(id),
    lastFour: "abcd",
    createdAt: new Date("2026-01-01T00:00:00Z"),
    expiresAt: new Date(Date.UTC(2026, 10, 20, 12) + days * 86_400_000),
    ...more,
  });
  await db
    .insert(apiKey)
    .values([
      key("key_far", 30),
      key("key_week", 6),
      key("key_day", 0.5),
      key("key_gone", -1),
      key("key_revoked", 6, { revokedAt: new Date("2026-11-01T00:00:00Z") }),
      key("key_replaced", 6, { successorId: "key_far" }),
      key("key_short", 0.5, { createdAt: new Date("2026-11-20T11:00:00Z") }),
    ]);
  const run = createExpiryNotices({ db, noticeStore });
  expect(await run.work(signal)).toEqual({ told: 3 });
  expect(await run.work(signal)).toEqual({ told: 0 });
  expect((await told("key.expiring")).map((reference) => reference.replace(/:.*:/, ":"))).toEqual([
    "key_day:1",
    "key_day:7",
    "key_week:7",
  ]);
});

test("a low balance is told once after each payment", async () => {
  const run = createLowBalanceNotices({ db, noticeStore });
  await createPartyStore({ db }).setBuyer("acct_pre", { lowBalanceNano: 5n * usd });
  expect(await run.work(signal)).toEqual({ low: 1, told: 1 });
  expect(await run.work(signal)).toEqual({ low: 1, told: 0 });
  await ledger.topUp({ accountId: "acct_pre", amountNano: 6n * usd, author: "test", reason: "bank" });
  expect(await run.work(signal)).toEqual({ low: 0, told: 0 });
  await ledger.refund({ accountId: "acct_pre", amountNano: -2n * usd, author: "test", reason: "back" });
  expect(await run.work(signal)).toEqual({ low: 1, told: 1 });
});

test("the invoice run waits for a seller, then issues what is due and tells of it, once", async () => {
  const { id: priceId } = await createPriceStore({ db }).addPrice({
    model: "m",
    outputNano: 1_000n,
    validFrom: new Date("2026-01-01T00:00:00Z"),
    author: "test",
  });
  await createUsageWriter({ db, author: "gateway:g1" }).settle([
    newUsageRecord({
      accountId: "acct_post",
      usage: { completionTokens: 1_000_000 },
      admittedAtMs: Date.UTC(2026, 10, 20, 12),
      billing: { priceId, holds: [{ purseId: "acct_post" }] },
    }),
  ]);
  await clock.set(new Date("2026-12-01T00:20:00Z"));
  const run = createInvoiceRun({ db, author: "gateway:g1", noticeStore, log });
  expect(await run.work(signal)).toMatchObject({ issued: 0, refused: expect.stringContaining("who sells") });
  await createPartyStore({ db }).setSeller({ name: "Seller" });
  const results = await Promise.all([run.work(signal), run.work(signal)]);
  expect(results.map(({ issued }) => issued).toSorted()).toEqual([0, 1]);
  expect(await told("invoice.issued")).toEqual(["2026-000001"]);
});

test("the ledger check finds nothing after all of this", async () => {
  const run = createLedgerCheck({ db, noticeStore, log });
  expect(await run.work(signal)).toMatchObject({ findings: 0, byInvariant: { 1: 0, 2: 0, 6: 0, 8: 0 } });
});

test("what engines counted is stored page by page; what differs from it is logged, told, kept, and a metric", async () => {
  const now = Date.now();
  const range = { min: 50, max: 50 };
  const count = (runnerId: string, counted: number): EngineCount => ({
    version: 1,
    workerId: "w",
    runnerId,
    engine: "vllm",
    engineAddress: runnerId,
    openedAtMs: now - 3_600_000,
    closedAtMs: now - 1_800_000,
    prompt: { counted: range, made: range, served: { min: 0, max: 50 }, canary: 0 },
    completion: { counted: { min: counted, max: counted }, made: range, served: { min: 0, max: 50 }, canary: 0 },
  });
  const pages = [[count("r1", 50)], [count("r2", 1_050)], []];
  const dropped: string[] = [];
  const counting = createEngineCountsRun({
    db,
    source: {
      read: async () => {
        const counts = pages.shift() ?? [];
        return { counts, entryIds: counts.map(({ runnerId }) => runnerId) };
      },
      drop: async (entryIds) => void dropped.push(...entryIds),
    },
  });
  expect(await counting.work(signal)).toEqual({ stored: 2 });
  expect(dropped).toEqual(["r1", "r2"]);

  const errors: object[] = [];
  const run = createLedgerCheck({
    db,
    noticeStore,
    log: { ...log, error: (fields: object) => void errors.push(fields) },
  });
  const runLog = createRunLog({ db });
  expect(await runLog.record(run, signal)).toMatchObject({
    findings: 1,
    byInvariant: { 6: 1 },
    comparedRunners: 2,
    comparedStretches: 2,
    engineDrift: { engine_counted_more: 1_000, usage_not_booked: 0 },
  });
  expect(errors).toMatchObject([
    { invariant: 6, problem: "engine_counted_more", rows: [expect.stringContaining("+1000")] },
  ]);
  expect(await told("ledger.findings")).toHaveLength(1);
  expect(await db.select().from(engineDrift)).toMatchObject([{ runnerId: "r2", tokens: 1_000 }]);
  const registry = createMetrics({ labels: {} });
  registerBackgroundMetrics(registry, runLog);
  const metrics = await registry.metrics();
  expect(metrics).toContain('tera_engine_drift_tokens{problem="engine_counted_more"} 1000');
  expect(metrics).toContain('tera_ledger_findings{invariant="6"} 1');
});
