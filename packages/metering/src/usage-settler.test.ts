import { connectDatabase, usageEvent } from "@tera/database";
import { createTestDatabase, startBreakableProxy } from "@tera/database/testing";
import type { UsageRecord } from "@tera/protocol";
import { newUsageRecord } from "@tera/testkit";
import { asc, eq, inArray, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { createUsageWriter } from "./settle-usage.ts";
import { createUsageSettler, type UsageSettlerOptions } from "./usage-settler.ts";

const testDatabase = await createTestDatabase();
const proxy = await startBreakableProxy(testDatabase.url);
const direct = connectDatabase({ url: testDatabase.url, name: "test" });
const throughProxy = connectDatabase({ url: proxy.url, name: "test", statementTimeoutMs: 500, connectTimeoutMs: 300 });
afterAll(async () => {
  await throughProxy.close();
  await direct.close();
  await proxy.close();
  await testDatabase.drop();
});

function setUp(options: Partial<UsageSettlerOptions> = {}) {
  const settled: string[][] = [];
  const rejected: string[][] = [];
  const warnings: string[] = [];
  const errors: object[] = [];
  const settler = createUsageSettler({
    writer: createUsageWriter({ db: throughProxy.db, author: "test" }),
    log: {
      info: () => undefined,
      warn: (_fields, message) => warnings.push(message),
      error: (fields) => errors.push(fields),
    },
    onSettled: (requestIds) => settled.push(requestIds),
    onRejected: (requestIds) => rejected.push(requestIds),
    ...options,
  });
  return { ...settler, settled, rejected, warnings, errors };
}

function recordOf(change: Partial<UsageRecord> = {}): UsageRecord {
  return newUsageRecord({
    model: "tera/tera-nano",
    finishReason: "stop",
    usage: { promptTokens: 7, cachedTokens: 3, completionTokens: 5, reasoningTokens: 2 },
    workerId: "w1",
    runnerId: "r1",
    attempts: 2,
    failedAttempts: [{ attempt: 1, workerId: "w2", runnerId: "r2", code: "runner_failed" }],
    admittedAtMs: Date.UTC(2026, 10, 23, 9, 30, 0, 123),
    queueMs: 1,
    ttftMs: 20,
    totalMs: 300,
    ...change,
  });
}

async function rowsOf(requestIds: readonly string[]) {
  return direct.db
    .select()
    .from(usageEvent)
    .where(inArray(usageEvent.requestId, [...requestIds]))
    .orderBy(asc(usageEvent.requestId));
}

test("a record arrives with every field, and one with the fewest fields too", async () => {
  const { add, close, settled } = setUp();
  const full = recordOf();
  const { finishReason: _1, workerId: _2, runnerId: _3, queueMs: _4, ttftMs: _5, ...rest } = recordOf();
  const least: UsageRecord = { ...rest, status: "failed", errorCode: "no_replica", attempts: 0 };
  add(full);
  add(least);
  expect(await close(5_000)).toBe(0);
  expect(settled).toEqual([[full.requestId, least.requestId]]);
  const [row] = await rowsOf([full.requestId]);
  expect(row).toEqual({
    requestId: full.requestId,
    accountId: "acct_1",
    keyId: "key_1",
    model: "tera/tera-nano",
    endpoint: "chat",
    stream: true,
    status: "succeeded",
    errorCode: null,
    finishReason: "stop",
    promptTokens: 7,
    cachedTokens: 3,
    completionTokens: 5,
    reasoningTokens: 2,
    speechCharacters: 0,
    usageSource: "engine",
    gatewayId: "g1",
    workerId: "w1",
    runnerId: "r1",
    attempts: 2,
    failedAttempts: [{ attempt: 1, workerId: "w2", runnerId: "r2", code: "runner_failed" }],
    admittedAt: new Date("2026-11-23T09:30:00.123Z"),
    lane: "interactive",
    priceId: null,
    chargeNano: 0n,
    holds: [],
    ledgerTransactionId: null,
    queueMs: 1,
    ttftMs: 20,
    totalMs: 300,
    settledAt: expect.any(Date),
  });
  const [leastRow] = await rowsOf([least.requestId]);
  expect(leastRow).toMatchObject({ errorCode: "no_replica", finishReason: null, workerId: null, ttftMs: null });
});

test("each request is one row, however often its record is delivered, in any order, to any number of gateways", async () => {
  const deliveries = fc
    .array(fc.record({ copies: fc.integer({ min: 1, max: 5 }), tokens: fc.nat(1_000) }), {
      minLength: 1,
      maxLength: 40,
    })
    .chain((requests) => {
      const all = requests.flatMap(({ copies, tokens }, request) =>
        Array.from({ length: copies }, (_, copy) => ({ request, tokens, gateway: copy % 3 })),
      );
      return fc.tuple(fc.constant(requests), fc.shuffledSubarray(all, { minLength: all.length }));
    });
  await fc.assert(
    fc.asyncProperty(deliveries, fc.integer({ min: 1, max: 7 }), async ([requests, shuffled], batchMax) => {
      const gateways = [0, 1, 2].map(() => setUp({ batchMax, batchDelayMs: 1 }));
      const records = requests.map(({ tokens }) => {
        const record = recordOf();
        return { ...record, usage: { ...record.usage, completionTokens: tokens } };
      });
      for (const { request, gateway } of shuffled) {
        const record = records[request];
        if (record !== undefined) gateways[gateway]?.add({ ...record });
      }
      expect(await Promise.all(gateways.map(({ close }) => close(10_000)))).toEqual([0, 0, 0]);

      expect(gateways.flatMap(({ rejected }) => rejected)).toEqual([]);
      const rows = await rowsOf(records.map(({ requestId }) => requestId));
      expect(rows).toHaveLength(records.length);
      const sumOf = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
      expect(sumOf(rows.map((row) => row.completionTokens))).toBe(sumOf(requests.map(({ tokens }) => tokens)));
      // Whoever took a record hears that it is settled, so that every copy can be dropped.
      const told = new Set(gateways.flatMap(({ settled }) => settled.flat()));
      expect(told.size).toBe(records.length);
    }),
    { numRuns: 25 },
  );
});

test("a thousand records are a few statements, and the counters add up", async () => {
  const { add, counts, close, settled } = setUp({ batchMax: 500 });
  const records = Array.from({ length: 1_000 }, () => recordOf());
  for (const record of records) expect(add(record)).toBe(true);
  expect(counts().pending).toBe(1_000);
  expect(await close(10_000)).toBe(0);
  expect(settled.map((batch) => batch.length)).toEqual([500, 500]);
  expect(counts()).toEqual({ pending: 0, settled: 1_000, rejected: 0, refused: 0, retries: 0 });
});

test("with Postgres away or silent nothing is lost and nothing is acknowledged; when it is back, each record is there once", async () => {
  const { add, counts, flush, close, settled, warnings } = setUp({ batchDelayMs: 1 });
  const records = Array.from({ length: 50 }, () => recordOf());
  const ids = records.map(({ requestId }) => requestId);
  proxy.break();
  for (const record of records.slice(0, 25)) add(record);
  expect(await flush(300)).toBe(25);
  expect(counts().retries).toBeGreaterThan(0);
  proxy.freeze();
  const retriesBefore = counts().retries;
  for (const record of records.slice(25)) add(record);
  await expect.poll(() => counts().retries, { timeout: 5_000 }).toBeGreaterThan(retriesBefore + 1);
  expect(settled).toEqual([]);
  expect(warnings).toHaveLength(1);
  proxy.heal();
  expect(await flush(15_000)).toBe(0);
  expect(new Set(settled.flat())).toEqual(new Set(ids));
  expect(await rowsOf(ids)).toHaveLength(50);
  await close(1_000);
});

test("a statement whose answer was lost is not counted twice when it is repeated", async () => {
  const { add, close, settled } = setUp({ batchDelayMs: 1 });
  const record = recordOf();
  // The insert waits for this lock; the connection is cut before it can answer.
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holder = direct.db.transaction(async (tx) => {
    // As the owner: the application may not.
    await tx.execute(sql`set local role none`);
    await tx.execute(sql`lock table usage_event in exclusive mode`);
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  add(record);
  await expect
    .poll(async () => {
      const { rows } = await direct.db.execute(sql`select 1 from pg_locks where not granted`);
      return rows.length;
    })
    .toBe(1);
  proxy.break();
  release.resolve();
  await holder;
  await expect.poll(() => rowsOf([record.requestId])).toHaveLength(1);
  proxy.heal();
  expect(await close(10_000)).toBe(0);
  expect(await rowsOf([record.requestId])).toHaveLength(1);
  expect(settled).toEqual([[record.requestId]]);
});

test("a record that Postgres refuses does not hold up the others", async () => {
  const { add, close, settled, rejected, errors, counts } = setUp();
  const good = Array.from({ length: 9 }, () => recordOf());
  const negative = recordOf();
  negative.usage = { ...negative.usage, completionTokens: -1 };
  const notANumber = recordOf();
  notANumber.usage = { ...notANumber.usage, promptTokens: Number.NaN };
  const zeroCharacter = recordOf({ model: "a\u0000b" });
  for (const record of [...good.slice(0, 4), negative, notANumber, ...good.slice(4), zeroCharacter]) add(record);
  expect(await close(5_000)).toBe(0);
  expect(new Set(settled.flat())).toEqual(new Set(good.map(({ requestId }) => requestId)));
  expect(rejected).toEqual([[negative.requestId], [notANumber.requestId], [zeroCharacter.requestId]]);
  expect(errors).toHaveLength(3);
  expect(counts()).toMatchObject({ settled: 9, rejected: 3, pending: 0 });
});

test("a full memory refuses, counts it, and goes on with what it has", async () => {
  proxy.break();
  const { add, counts, close } = setUp({ pendingMax: 2 });
  const records = [recordOf(), recordOf(), recordOf()];
  expect(records.map(add)).toEqual([true, true, false]);
  expect(add(records[0] ?? recordOf())).toBe(true);
  expect(counts()).toMatchObject({ pending: 2, refused: 1 });
  proxy.heal();
  expect(await close(10_000)).toBe(0);
  const [, , third] = records;
  expect(
    await direct.db
      .select()
      .from(usageEvent)
      .where(eq(usageEvent.requestId, third?.requestId ?? "")),
  ).toEqual([]);
});

test("the first record of a quiet time is settled within the batch's delay, not at the next flush", async () => {
  const { add, settled, close } = setUp({ batchDelayMs: 20 });
  const record = recordOf();
  add(record);
  await expect.poll(() => settled, { timeout: 2_000 }).toEqual([[record.requestId]]);
  await close(1_000);
});
