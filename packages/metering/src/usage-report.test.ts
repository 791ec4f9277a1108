import { connectDatabase, type Database } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { newUsageRecord, type UsageRecordChange } from "@tera/testkit";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPriceStore } from "./price-book.ts";
import { createRerating } from "./rerating.ts";
import { createUsageWriter } from "./settle-usage.ts";
import { type ExportedUsage, exportUsage } from "./usage-export.ts";
import { createUsageReports, type UsageReports } from "./usage-report.ts";
import type { UsageSum } from "./usage-roll-ups.ts";
import { readUsageSeries } from "./usage-series.ts";

const noon = Date.UTC(2025, 10, 23, 12);
const hourMs = 3_600_000;
let testDatabase: TestDatabase;
let database: Database;
let reports: UsageReports;

/** 20 prompt tokens, of them 5 cached, and 10 completion tokens, of them 4 of reasoning, a token at 1 nano-USD: 30. */
function record({ usage, ...change }: UsageRecordChange = {}) {
  const counts = { promptTokens: 20, cachedTokens: 5, completionTokens: 10, reasoningTokens: 4 };
  return newUsageRecord({ accountId: "acct_a", admittedAtMs: noon, usage: { ...counts, ...usage }, ...change });
}

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  reports = createUsageReports({ db });
  await db.execute(
    sql`insert into account (id, name, kind) values ('acct_a', 'a', 'postpaid'), ('acct_b', 'b', 'postpaid')`,
  );
  const prices = createPriceStore({ db });
  const price = { model: "m", author: "test", inputNano: 1n, outputNano: 1n, validFrom: new Date(noon - hourMs) };
  const { id } = await prices.addPrice(price);
  const billing = (accountId: string) => ({ priceId: id, holds: [{ purseId: accountId }] });
  await createUsageWriter({ db, author: "gateway:g1" }).settle([
    record({ billing: billing("acct_a") }),
    record({ billing: billing("acct_a"), keyId: "key_2", admittedAtMs: noon + hourMs }),
    record({
      billing: billing("acct_a"),
      status: "failed",
      errorCode: "runner_failed",
      attempts: 2,
      failedAttempts: [
        { attempt: 1, code: "worker_lost" },
        { attempt: 2, code: "runner_failed" },
      ],
      admittedAtMs: noon + 2 * hourMs,
    }),
    record({ billing: billing("acct_b"), accountId: "acct_b", keyId: "key_3", admittedAtMs: noon + 24 * hourMs }),
    record({
      accountId: "acct_b",
      keyId: "key_3",
      model: "=other",
      admittedAtMs: noon + 24 * hourMs,
      usage: { source: "counted" },
    }),
  ]);
  await prices.addPrice({ ...price, outputNano: 2n });
  const period = { model: "m", from: new Date(noon), to: new Date(noon + hourMs) };
  await createRerating({ db }).correct("acct_a", period, { author: "test", reason: "test", reference: "r" });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("sums keep cached and reasoning tokens apart, and what was charged from what was corrected", async () => {
  expect(await reports.total({ accountId: "acct_a" })).toEqual({
    group: "",
    requests: 3,
    failedRequests: 1,
    promptTokens: 60,
    cachedTokens: 15,
    completionTokens: 30,
    reasoningTokens: 12,
    speechCharacters: 0,
    chargeNano: 60n,
    correctionNano: 10n,
  });
});

test("the largest are those that cost the most", async () => {
  const largest = async (by: "key" | "account", limit: number) =>
    (await reports.summarize({}, by, limit)).map(({ group }) => group);
  expect(await largest("account", 1)).toEqual(["acct_a"]);
  expect(await largest("key", 10)).toEqual(["key_1", "key_3", "key_2"]);
  expect(await largest("key", 2)).toEqual(["key_1", "key_3"]);
});

test.for([
  [
    "day",
    [
      ["2025-11-24", 2],
      ["2025-11-23", 3],
    ],
  ],
  [
    "hour",
    [
      ["2025-11-24T12:00Z", 2],
      ["2025-11-23T14:00Z", 1],
      ["2025-11-23T13:00Z", 1],
      ["2025-11-23T12:00Z", 1],
    ],
  ],
  [
    "model",
    [
      ["m", 4],
      ["=other", 1],
    ],
  ],
  [
    "key",
    [
      ["key_1", 2],
      ["key_3", 2],
      ["key_2", 1],
    ],
  ],
  [
    "account",
    [
      ["acct_a", 3],
      ["acct_b", 2],
    ],
  ],
] as const)("sums by %s", async ([by, expected]) => {
  const found = await reports.summarize({}, by, 100);
  expect(found.map(({ group, requests }) => [group, requests])).toEqual(expected);
});

test("a period begins at its first moment and ends before its last; other filters narrow it", async () => {
  const period = { from: new Date(noon + hourMs), to: new Date(noon + 24 * hourMs) };
  expect((await reports.total(period)).requests).toBe(2);
  expect((await reports.total({ ...period, keyId: "key_2" })).requests).toBe(1);
  expect((await reports.total({ model: "=other" })).requests).toBe(1);
  expect(await reports.summarize({ model: "unknown" }, "day", 10)).toEqual([]);
});

test("a series tells the named groups apart, has the others together, and adds up to the same", async () => {
  const filter = { among: ["acct_a", "acct_b"] };
  const series = await readUsageSeries(database.db, filter, "day", "key", ["key_1", "key_2"]);
  expect(series.map(({ at, group, requests }) => [at, group, requests])).toEqual([
    ["2025-11-23", "key_1", 2],
    ["2025-11-23", "key_2", 1],
    ["2025-11-24", "", 2],
  ]);
  const total = await reports.total(filter);
  const cost = ({ chargeNano, correctionNano }: UsageSum) => chargeNano + correctionNano;
  expect(series.reduce((sum, point) => sum + cost(point), 0n)).toBe(cost(total));
  expect((await readUsageSeries(database.db, {}, "hour", "model", []))[0]).toMatchObject({
    at: "2025-11-23T12:00Z",
    group: "",
  });
  expect((await reports.total({ among: ["acct_b"] })).requests).toBe(2);
  expect(await readUsageSeries(database.db, { among: ["acct_none"] }, "day", "account", [])).toEqual([]);
});

test("the last requests come with their failed attempts and corrections", async () => {
  const found = await reports.lastRequests({ accountId: "acct_a" }, 2);
  expect(found).toMatchObject([
    { status: "failed", failedAttempts: [{ code: "worker_lost" }, { code: "runner_failed" }], correctionNano: 0n },
    { keyId: "key_2", chargeNano: 30n },
  ]);
  expect((await reports.lastRequests({ keyId: "key_1" }, 10)).at(-1)).toMatchObject({ correctionNano: 10n });
});

test("an export has every request of the period once, in order, with its counts and exact amounts", async () => {
  const rows: ExportedUsage[] = [];
  const filter = { from: new Date(noon), to: new Date(noon + 25 * hourMs) };
  await exportUsage(database.db, filter, async (batch) => void rows.push(...batch));
  expect(rows.map(({ admitted_at, charge_usd, correction_usd }) => [admitted_at, charge_usd, correction_usd])).toEqual([
    ["2025-11-23T12:00:00.000Z", "0.00000003", "0.00000001"],
    ["2025-11-23T13:00:00.000Z", "0.00000003", "0"],
    ["2025-11-23T14:00:00.000Z", "0", "0"],
    ["2025-11-24T12:00:00.000Z", expect.any(String), "0"],
    ["2025-11-24T12:00:00.000Z", expect.any(String), "0"],
  ]);
  expect(rows[0]).toMatchObject({
    prompt_tokens: 20,
    cached_tokens: 5,
    reasoning_tokens: 4,
    usage_source: "engine",
    queue_ms: null,
  });
  const narrow: ExportedUsage[] = [];
  await exportUsage(database.db, { accountId: "acct_b", model: "=other" }, async (batch) => void narrow.push(...batch));
  expect(narrow).toMatchObject([{ usage_source: "counted", price_id: null }]);
});

test("hours, days and totals come to the same, with series and without, wherever a period begins and ends", async () => {
  const moment = fc.option(
    fc.integer({ min: -30, max: 50 }).map((hours) => new Date(noon + hours * hourMs)),
    { nil: undefined },
  );
  await fc.assert(
    fc.asyncProperty(moment, moment, fc.constantFrom(undefined, "acct_a", "acct_b"), async (from, to, accountId) => {
      const filter = { from, to, accountId };
      const hours = await reports.summarize(filter, "hour", 1_000);
      const add = (of: (sum: (typeof hours)[number]) => bigint) => hours.reduce((all, sum) => all + of(sum), 0n);
      const byKey = (interval: "day" | "hour") => readUsageSeries(database.db, filter, interval, "key", ["key_2"]);
      const same = [
        [await reports.total(filter)],
        ...(await Promise.all(
          (["day", "model", "account", "key"] as const).map((by) => reports.summarize(filter, by, 1_000)),
        )),
        await byKey("hour"),
        await byKey("day"),
      ];
      for (const found of same) {
        const addFound = (of: (sum: (typeof hours)[number]) => bigint) => found.reduce((all, sum) => all + of(sum), 0n);
        expect(addFound(({ requests }) => BigInt(requests))).toBe(add(({ requests }) => BigInt(requests)));
        expect(addFound(({ chargeNano }) => chargeNano)).toBe(add(({ chargeNano }) => chargeNano));
        expect(addFound(({ correctionNano }) => correctionNano)).toBe(add(({ correctionNano }) => correctionNano));
      }
    }),
    { numRuns: 60 },
  );
});

test("requests are found by how they ended, and by their id alone", async () => {
  const [failed, ...more] = await reports.lastRequests({ accountId: "acct_a", status: "failed" }, 10);
  expect(more).toEqual([]);
  expect(failed).toMatchObject({ errorCode: "runner_failed" });
  expect(await reports.findRequest(failed?.requestId ?? "")).toEqual(failed);
  expect(await reports.findRequest("req_none")).toBeUndefined();
});

test("a period that ends now has all of today", async () => {
  await database.db.execute(sql`insert into account (id, name, kind) values ('acct_now', 'now', 'postpaid')`);
  const now = Date.now();
  const ofAccount = { accountId: "acct_now", keyId: "key_now" };
  await createUsageWriter({ db: database.db, author: "gateway:g1" }).settle([
    record({ ...ofAccount, admittedAtMs: now - 24 * hourMs }),
    record({ ...ofAccount, admittedAtMs: now }),
  ]);
  const period = { accountId: "acct_now", from: new Date(now - 48 * hourMs) };
  const requests = async (to: Date) => (await reports.summarize({ ...period, to }, "account", 1))[0]?.requests;
  expect(await requests(new Date(now + 1))).toBe(2);
  expect(await requests(new Date(now - hourMs))).toBe(1);
});
