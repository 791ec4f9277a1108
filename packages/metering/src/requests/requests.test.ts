/** What is told of one request: its life, its attempts, why it ended, and a cost that anybody can add up. */
import { connectDatabase, type Database, type Price, usageEvent } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import type { UsageRecord } from "@tera/protocol";
import { newUsageRecord, type UsageRecordChange } from "@tera/testkit";
import { eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPriceStore } from "../price-book.ts";
import { rateRecord } from "../rate.ts";
import { createRerating } from "../rerating.ts";
import { createUsageWriter, type UsageWriter } from "../settle-usage.ts";
import { createUsageReports } from "../usage-report.ts";
import { describeRequest } from "./describe-request.ts";
import { explainCost } from "./request-cost.ts";
import { formatMs } from "./request-reason.ts";

const noon = Date.UTC(2026, 10, 23, 12);
let testDatabase: TestDatabase;
let database: Database;
let writer: UsageWriter;
let priceId: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  await db.execute(sql`insert into account (id, name, kind) values ('acct_1', 'Acme', 'postpaid')`);
  const price = { model: "m", inputNano: 100n, cacheReadNano: 10n, outputNano: 1_000n, requestNano: 7n };
  ({ id: priceId } = await createPriceStore({ db }).addPrice({ ...price, author: "test", validFrom: new Date(noon) }));
  writer = createUsageWriter({ db, author: "gateway:g1" });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

async function describe(change: UsageRecordChange = {}) {
  const record = newUsageRecord({ billing: { priceId, holds: [{ purseId: "acct_1" }] }, ...change });
  await writer.settle([record]);
  const described = await describeRequest(database.db, record.requestId);
  if (described === undefined) throw new Error("the request is not there");
  return described;
}

test("a request's life is its steps in order, each with how long it lasted; a step that was not reached is left out", async () => {
  const { timeline } = await describe({ queueMs: 20, ttftMs: 350, totalMs: 1_200 });
  expect(timeline.map(({ step, afterMs }) => [step, afterMs])).toEqual([
    ["admitted", 0],
    ["queued", 0],
    ["accepted", 20],
    ["first_token", 350],
    ["ended", 1_200],
    ["settled", expect.any(Number)],
  ]);
  expect(timeline.slice(1, 4).map(({ lastsMs }) => lastsMs)).toEqual([20, 330, 850]);
  expect(timeline[3]?.at).toEqual(new Date(noon + 350));
  const waited = await describe({ status: "failed", errorCode: "queue_wait_timeout", attempts: 0, totalMs: 120_000 });
  expect(waited.timeline.map(({ step }) => step)).toEqual(["admitted", "queued", "ended", "settled"]);
  expect(waited.attempts).toEqual([]);
  expect(waited.why).toBe("No replica became free in time. No worker had taken it.");
});

test("every attempt is told, with where it was made and what went wrong", async () => {
  const failed = [
    { attempt: 1, workerId: "w1", runnerId: "r1", code: "worker_lost" },
    { attempt: 2, workerId: "w2", runnerId: "r1", code: "runner_failed" },
  ];
  const answered = await describe({ attempts: 2, failedAttempts: failed.slice(0, 1), workerId: "w2", runnerId: "r1" });
  expect(answered.attempts).toEqual([
    { ...failed[0], outcome: "failed" },
    { attempt: 2, workerId: "w2", runnerId: "r1", outcome: "answered" },
  ]);
  expect(answered.why).toBe("It was answered in full. One attempt had failed before.");
  const gone = await describe({
    status: "failed",
    errorCode: "runner_failed",
    attempts: 2,
    failedAttempts: failed,
    workerId: "w2",
    runnerId: "r1",
  });
  expect(gone.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
  expect(gone.why).toBe("The engine failed. 2 attempts failed.");
});

test.for<[UsageRecordChange, string]>([
  [{ finishReason: "length" }, "It was answered up to its limit of tokens"],
  [{ status: "cancelled", totalMs: 1_234, queueMs: 5 }, "The client left after 1.2 s, before its first token."],
  [{ status: "cancelled", totalMs: 90_000, queueMs: 5, ttftMs: 9 }, "after 1 min 30 s, while its answer came."],
  [{ status: "cancelled", errorCode: "invalid_api_key" }, "The key was revoked. What had come until then is charged."],
  [{ status: "failed", errorCode: "code_of_tomorrow" }, "It ended with code_of_tomorrow."],
])("why %o ended is said in words", async ([change, why]) => {
  expect((await describe(change)).why).toContain(why);
});

test("a cost is its quantities times the price's version, and says why it is nothing", async () => {
  const usage = { promptTokens: 20, cachedTokens: 5, completionTokens: 3 };
  const { cost } = await describe({ usage });
  expect(cost.charged?.price.id).toBe(priceId);
  expect(cost.charged?.lines.map(({ measure, quantity, amountNano }) => [measure, quantity, amountNano])).toEqual([
    ["input", 15n, 1_500n],
    ["cached_input", 5n, 50n],
    ["output", 3n, 3_000n],
    ["request", 1n, 7n],
  ]);
  expect([cost.charged?.amountNano, cost.chargeNano, cost.costNano]).toEqual([4_557n, 4_557n, 4_557n]);
  expect(cost.nothingBecause).toBeUndefined();
  const failed = await describe({ usage, status: "failed", errorCode: "runner_failed" });
  expect(failed.cost).toMatchObject({
    chargeNano: 0n,
    charged: undefined,
    nothingBecause: "Requests that fail cost nothing.",
  });
  const unpriced = await describe({ usage, billing: { holds: [] } });
  expect(unpriced.cost.nothingBecause).toBe("Its model had no price, and was served for nothing.");
});

test("corrections are told with who made them, why, and by which price", async () => {
  const { db } = database;
  const at = noon + 3_600_000;
  const { usage } = await describe({ admittedAtMs: at, usage: { promptTokens: 0, completionTokens: 10 } });
  const prices = createPriceStore({ db });
  const corrected = await prices.addPrice({ model: "m", outputNano: 400n, author: "cli:ada", validFrom: new Date(at) });
  const period = { model: "m", from: new Date(at), to: new Date(at + 1) };
  await createRerating({ db }).correct("acct_1", period, { author: "cli:ada", reason: "typo", reference: "r1" });
  const { cost } = (await describeRequest(db, usage.requestId)) ?? {};
  expect(cost).toMatchObject({
    chargeNano: 10_007n,
    costNano: 4_000n,
    corrections: [{ author: "cli:ada", reason: "typo", amountNano: -6_007n, priced: { amountNano: 4_000n } }],
  });
  expect(cost?.corrections[0]?.priced.price.id).toBe(corrected.id);
});

test("what is explained is what was charged, for every mix of usage, price and lane", async () => {
  const [event] = await database.db.select().from(usageEvent).where(eq(usageEvent.model, "m")).limit(1);
  const [price] = await database.db.query.price.findMany();
  if (event === undefined || price === undefined) throw new Error("nothing to start from");
  const count = fc.integer({ min: 0, max: 1_000_000 });
  const nano = fc.bigInt({ min: 0n, max: 10_000_000n });
  fc.assert(
    fc.property(
      fc.record({ prompt: count, cached: count, completionTokens: count, speechCharacters: count }),
      fc.record({ inputNano: nano, cacheReadNano: nano, outputNano: nano, requestNano: nano, characterNano: nano }),
      fc.integer({ min: 0, max: 10_000 }),
      fc.constantFrom<UsageRecord["status"]>("succeeded", "failed", "cancelled"),
      fc.constantFrom("interactive" as const, "batch" as const),
      ({ prompt, cached, ...more }, amounts, batchDiscountBasisPoints, status, lane) => {
        const usage = { ...more, promptTokens: prompt + cached, cachedTokens: cached };
        const rates: Price = { ...price, ...amounts, batchDiscountBasisPoints };
        const chargeNano = rateRecord(newUsageRecord({ status, usage }), rates, lane);
        const { charged, nothingBecause } = explainCost({ ...event, ...usage, status, lane, chargeNano }, rates, []);
        expect(charged?.amountNano ?? 0n).toBe(chargeNano);
        const lines = charged?.lines.reduce((sum, { amountNano }) => sum + amountNano, charged.discountNano) ?? 0n;
        expect(lines).toBe(chargeNano);
        expect(nothingBecause === undefined).toBe(chargeNano > 0n);
      },
    ),
  );
});

test("pages of requests follow each other without a gap or a repetition, also within one millisecond", async () => {
  const records = Array.from({ length: 23 }, (_, index) =>
    newUsageRecord({ accountId: "acct_pages", admittedAtMs: noon + Math.floor(index / 8) }),
  );
  await writer.settle(records);
  const { lastRequests } = createUsageReports({ db: database.db });
  const seen: string[] = [];
  let page = await lastRequests({ accountId: "acct_pages" }, 5);
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    seen.push(...page.map(({ requestId }) => requestId));
    const { admittedAt: at, requestId } = last;
    page = await lastRequests({ accountId: "acct_pages" }, 5, { at, requestId });
  }
  expect(seen.toSorted()).toEqual(records.map(({ requestId }) => requestId).toSorted());
  expect(seen.length).toBe(23);
});

test.for([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_050, "1.1 s"],
  [59_960, "1 min 0 s"],
  [200_000, "3 min 20 s"],
] as const)("%i ms are %s", ([ms, text]) => {
  expect(formatMs(ms)).toBe(text);
});
