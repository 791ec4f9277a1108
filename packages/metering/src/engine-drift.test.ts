/** Counts of engines against usage events, each case on runners of its own. */
import { connectDatabase, type Database, engineDrift } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { type EngineCount, type EngineMeasure, newRequestId, type UsageRecord } from "@tera/protocol";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  compareEngineCounts,
  forgetEngineCounts,
  storeEngineCounts,
  storeEngineDrift,
  toDriftFindings,
} from "./engine-drift.ts";
import { createUsageWriter, type UsageWriter } from "./settle-usage.ts";

let testDatabase: TestDatabase;
let database: Database;
let writer: UsageWriter;
let runners = 0;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Half past three, two hours ago or more. */
const openedAtMs = Math.floor(Date.now() / hourMs) * hourMs - 3 * hourMs + 30 * minuteMs;
const closedAtMs = openedAtMs + 20 * minuteMs;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  await database.db.execute(sql`insert into account (id, name, kind) values ('acct', 'x', 'postpaid')`);
  writer = createUsageWriter({ db: database.db, author: "gateway:g" });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const exactly = (tokens: number) => ({ min: tokens, max: tokens });
const measure = (tokens: number, more: Partial<EngineMeasure> = {}): EngineMeasure => ({
  counted: exactly(tokens),
  made: exactly(tokens),
  served: exactly(tokens),
  canary: 0,
  ...more,
});

function countOf(runnerId: string, more: Partial<EngineCount> = {}): EngineCount {
  return {
    version: 1,
    workerId: "w",
    runnerId,
    engine: "vllm",
    engineAddress: `${runnerId}:8000`,
    openedAtMs,
    closedAtMs,
    prompt: measure(10_000),
    completion: measure(3_000),
    ...more,
  };
}

interface Served {
  prompt?: number;
  completion?: number;
  admittedAtMs?: number;
  totalMs?: number;
  more?: Partial<UsageRecord>;
}

async function book(runnerId: string, requests: Served[]): Promise<void> {
  await writer.settle(
    requests.map(({ prompt = 0, completion = 0, admittedAtMs = openedAtMs + minuteMs, totalMs = 5_000, more }) => ({
      version: 1,
      requestId: newRequestId(),
      accountId: "acct",
      keyId: "key",
      model: "m",
      endpoint: "chat",
      stream: true,
      status: "succeeded",
      usage: {
        promptTokens: prompt,
        cachedTokens: 0,
        completionTokens: completion,
        reasoningTokens: 0,
        speechCharacters: 0,
        source: "engine",
      },
      gatewayId: "g",
      workerId: "w",
      runnerId,
      attempts: 1,
      failedAttempts: [],
      admittedAtMs,
      totalMs,
      billing: { holds: [] },
      ...more,
    })),
  );
}

/** @returns what was found of one runner: measure, problem, tokens. */
async function compare(counts: EngineCount[], requests: Served[] = [{ prompt: 10_000, completion: 3_000 }]) {
  const [first] = counts;
  if (first === undefined) return [];
  await storeEngineCounts(database.db, counts);
  await book(first.runnerId, requests);
  const { drifts } = await compareEngineCounts(database.db);
  return drifts
    .filter(({ runnerId }) => runnerId === first.runnerId)
    .map(({ measure, problem, tokens }) => `${measure} ${problem} ${tokens}`)
    .toSorted();
}

const newRunner = () => `runner-${++runners}`;

test("what was counted, heard and booked alike is no drift", async () => {
  expect(await compare([countOf(newRunner())])).toEqual([]);
});

test("canaries and answers that were cut are allowed for", async () => {
  const prompt = measure(10_000, { counted: exactly(10_040), made: { min: 10_040, max: 10_500 }, canary: 40 });
  const completion = measure(3_000, {
    counted: exactly(3_900),
    made: { min: 2_000, max: 4_000 },
    served: { min: 2_000, max: 4_000 },
  });
  expect(await compare([countOf(newRunner(), { prompt, completion })])).toEqual([]);
});

test("an engine that counted more than it was asked for has other clients", async () => {
  const completion = measure(3_000, { counted: exactly(3_500) });
  expect(await compare([countOf(newRunner(), { completion })])).toEqual(["completion engine_counted_more 500"]);
});

test("an engine that counted less than its answers said is negative drift", async () => {
  const prompt = measure(10_000, { counted: exactly(0) });
  expect(await compare([countOf(newRunner(), { prompt })])).toEqual(["prompt engine_counted_less -10000"]);
});

test("usage that is not booked is drift, and so is usage that nobody served", async () => {
  expect(await compare([countOf(newRunner())], [{ prompt: 9_000, completion: 3_000 }])).toEqual([
    "prompt usage_not_booked 1000",
  ]);
  expect(await compare([countOf(newRunner())], [])).toEqual([
    "completion usage_not_booked 3000",
    "prompt usage_not_booked 10000",
  ]);
  expect(await compare([countOf(newRunner())], [{ prompt: 10_000, completion: 3_200 }])).toEqual([
    "completion usage_not_served -200",
  ]);
});

test("a few tokens, or a thousandth of many, are no drift", async () => {
  const completion = measure(3_000, { counted: exactly(3_032) });
  const prompt = measure(10_000_000, { counted: exactly(10_010_000) });
  expect(
    await compare([countOf(newRunner(), { completion, prompt })], [{ prompt: 10_000_000, completion: 3_000 }]),
  ).toEqual([]);
});

test.each([
  ["began before", { admittedAtMs: openedAtMs - minuteMs, totalMs: 2 * minuteMs }],
  ["began before, over the full hour", { admittedAtMs: openedAtMs - 40 * minuteMs, totalMs: 41 * minuteMs }],
  ["ended after", { admittedAtMs: closedAtMs - 1_000, totalMs: 60 * minuteMs }],
  ["was there all the time", { admittedAtMs: openedAtMs - 90 * minuteMs, totalMs: 300 * minuteMs }],
  ["ended when the clocks say that it had not begun", { admittedAtMs: closedAtMs + 2_000, totalMs: 0 }],
  ["was tried before elsewhere", { more: { attempts: 2 } }],
])("tokens of a request that %s may be a stretch's or not", async (_, when: Partial<Served>) => {
  const known: Served = { prompt: 10_000, completion: 3_000 };
  const other: Served = { prompt: 500, completion: 700, ...when };
  const without = countOf(newRunner());
  expect(await compare([without], [known, other])).toEqual([]);
  const within = countOf(newRunner(), { prompt: measure(10_500), completion: measure(3_700) });
  expect(await compare([within], [known, other])).toEqual([]);
  const beyond = countOf(newRunner(), { prompt: measure(10_600), completion: measure(3_700) });
  expect(await compare([beyond], [known, other])).toEqual(["prompt usage_not_booked 100"]);
});

test("usage of other times and other runners is not counted in", async () => {
  const runnerId = newRunner();
  await book(newRunner(), [{ prompt: 9_999, completion: 9_999 }]);
  const far: Served[] = [openedAtMs - 10 * minuteMs, closedAtMs + 10 * minuteMs].map((admittedAtMs) => ({
    prompt: 700,
    completion: 700,
    admittedAtMs,
  }));
  expect(await compare([countOf(runnerId)], [...far, { prompt: 10_000, completion: 3_000 }])).toEqual([]);
});

test("a stretch that its engine let run over several hours has its requests once each", async () => {
  const long = countOf(newRunner(), { openedAtMs: openedAtMs - hourMs, closedAtMs: openedAtMs + 2 * hourMs });
  const requests: Served[] = [-50, 0, 40, 100].map((minutes) => ({
    prompt: 2_500,
    completion: 750,
    admittedAtMs: openedAtMs + minutes * minuteMs,
    totalMs: 10 * minuteMs,
  }));
  expect(await compare([long], requests)).toEqual([]);
});

test("two workers on one engine each see what the other asked for", async () => {
  const [a, b] = [newRunner(), newRunner()];
  const shared = {
    engineAddress: "gpu:8000",
    prompt: measure(10_000, { counted: exactly(30_000) }),
    completion: measure(3_000),
  };
  await storeEngineCounts(database.db, [
    countOf(b, { ...shared, workerId: "v", prompt: measure(20_000, { counted: exactly(30_000) }) }),
  ]);
  expect(await compare([countOf(a, shared)])).toEqual([]);
  const more = { ...shared, prompt: measure(10_000, { counted: exactly(30_100) }) };
  expect(await compare([countOf(a, { ...more, closedAtMs: closedAtMs + 1 })], [])).toEqual([
    "prompt engine_counted_more 100",
  ]);
});

test("a stretch is told again and again: the last word counts, in whatever order and however often it comes", async () => {
  const runnerId = newRunner();
  const early = countOf(runnerId, { closedAtMs: closedAtMs - minuteMs, prompt: measure(1), completion: measure(1) });
  const last = countOf(runnerId);
  await storeEngineCounts(database.db, [last, early, last]);
  await storeEngineCounts(database.db, [early]);
  expect(await compare([early])).toEqual([]);
});

test("a stretch is compared once its usage has had time to be settled", async () => {
  const now = Date.now();
  const counts = [countOf(newRunner(), { openedAtMs: now - 30 * minuteMs, closedAtMs: now - 9 * minuteMs })];
  expect(await compare(counts, [])).toEqual([]);
  const { drifts } = await compareEngineCounts(database.db, new Date(now + 2 * minuteMs));
  expect(drifts.filter(({ runnerId }) => runnerId === counts[0]?.runnerId)).toHaveLength(2);
});

test("what is found says who, when, how much and why, and is kept", async () => {
  const runnerId = newRunner();
  await compare([countOf(runnerId, { prompt: measure(10_000, { counted: exactly(12_345), canary: 7 }) })]);
  const { drifts, runners: compared } = await compareEngineCounts(database.db);
  const own = drifts.filter((drift) => drift.runnerId === runnerId);
  const [finding] = toDriftFindings(own);
  expect(compared).toBeGreaterThan(0);
  expect(finding).toMatchObject({
    invariant: 6,
    problem: "engine_counted_more",
    count: 1,
    cause: expect.stringContaining("past the gateway"),
  });
  expect(finding?.rows[0]).toMatch(
    /^worker w, runner runner-\d+ \(vllm\), .*T..:30 to ..:50 UTC: \+2345 prompt tokens\. Its counter grew by 12345; heard in answers: 10000, and 7 of canaries; booked: 10000$/,
  );
  await storeEngineDrift(database.db, own);
  await storeEngineDrift(database.db, own);
  const kept = await database.db.select().from(engineDrift);
  expect(kept).toMatchObject([{ runnerId, measure: "prompt", problem: "engine_counted_more", tokens: 2_345 }]);
});

test("counts are forgotten after ninety days, and what was found in them is not", async () => {
  const old = {
    workerId: "old",
    runnerId: "r",
    engine: "vllm",
    engineAddress: "h:1",
    prompt: measure(5),
    completion: measure(5),
  };
  const dayMs = 24 * hourMs;
  await storeEngineCounts(database.db, [
    { ...old, version: 1, openedAtMs: Date.now() - 91 * dayMs, closedAtMs: Date.now() - 91 * dayMs + minuteMs },
    { ...old, version: 1, openedAtMs: Date.now() - 89 * dayMs, closedAtMs: Date.now() - 89 * dayMs + minuteMs },
  ]);
  const found = () => database.db.execute(sql`select count(*)::int as drifts from engine_drift`);
  const before = (await found()).rows;
  await forgetEngineCounts(database.db);
  const { rows } = await database.db.execute(
    sql`select count(distinct opened_at)::int as stretches from engine_count where worker_id = 'old'`,
  );
  expect(rows).toEqual([{ stretches: 1 }]);
  expect((await found()).rows).toEqual(before);
});
