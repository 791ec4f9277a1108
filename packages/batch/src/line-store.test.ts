/** What holds for lines whoever runs them: begun by one, ended once, in fair order. */
import { account, connectDatabase, type Database, usageEvent } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { randomBase62 } from "@tera/protocol";
import { newUsageRecord } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BatchStore, createBatchStore } from "./batch-store.ts";
import { readLaneFigures } from "./lane-figures.ts";
import { createLineStore, type LineEnd, type LineStore, type RunningLine } from "./line-store.ts";

let testDatabase: TestDatabase;
let database: Database;
let batches: BatchStore;
let lines: LineStore;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  batches = createBatchStore({ db: database.db });
  lines = createLineStore({ db: database.db, author: "gateway:g1" });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

async function addAccount(): Promise<string> {
  const id = `acct_${randomBase62(16)}`;
  await database.db.insert(account).values({ id, name: "a", kind: "postpaid" });
  return id;
}

/** @returns the id of a batch in progress with lines 1 to `count`. */
async function addBatch(accountId: string, model: string, count: number): Promise<string> {
  const { id } = await batches.create({
    accountId,
    keyId: "key_1",
    endpoint: "/v1/chat/completions",
    inputFileId: "file-1",
    completionWindow: "24h",
    windowMs: 86_400_000,
    metadata: null,
  });
  const all = Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    customId: `c${index + 1}`,
    model,
    byteOffset: index,
    byteLength: 1,
  }));
  expect(await lines.add(id, all)).toEqual([]);
  expect(await batches.begin(id, count, { [model]: count })).toBe(true);
  return id;
}

async function begin(batchId: string, number: number, gatewayId = "g1"): Promise<RunningLine> {
  const [line] = await lines.begin([{ batchId, number }], gatewayId);
  if (line === undefined) throw new Error("the line is not open");
  return line;
}

function endOf({ batchId, number, attempt, customId, accountId }: RunningLine): LineEnd {
  const usage = newUsageRecord({ accountId });
  return { batchId, number, attempt, customId, errorCode: undefined, body: "{}", usage, chargeNano: 0n };
}

const newModel = () => `m-${randomBase62(8)}`;

test("a line is begun by one", async () => {
  const batchId = await addBatch(await addAccount(), newModel(), 1);
  const begun = await Promise.all(["g1", "g2", "g3"].map((gateway) => lines.begin([{ batchId, number: 1 }], gateway)));
  expect(begun.flat()).toHaveLength(1);
});

test("an attempt that was given up ends nothing: neither its result nor its usage is kept", async () => {
  const accountId = await addAccount();
  const batchId = await addBatch(accountId, newModel(), 1);
  const slow = await begin(batchId, 1, "slow");
  expect(await lines.giveBackOf(async (ids) => ids.filter((id) => id === "slow"))).toBe(1);
  const fast = await begin(batchId, 1, "fast");
  expect(await lines.listRunning("slow")).toEqual([]);
  expect(await lines.listRunning("fast")).toEqual([{ batchId, number: 1, attempt: 2 }]);
  expect(await lines.end([endOf(slow)])).toEqual([]);
  const end = endOf(fast);
  expect(await lines.end([end])).toEqual([end]);
  expect(await lines.end([endOf(fast)])).toEqual([]);
  const events = await database.db.select().from(usageEvent).where(eq(usageEvent.accountId, accountId));
  expect(events.map(({ requestId }) => requestId)).toEqual([end.usage?.requestId]);
  expect(await batches.find(batchId)).toMatchObject({ completedLines: 1, failedLines: 0 });
});

test("lines that end together are counted each in its batch", async () => {
  const accountId = await addAccount();
  const [one, two] = [await addBatch(accountId, newModel(), 3), await addBatch(accountId, newModel(), 2)];
  const running = await Promise.all([begin(one, 1), begin(one, 2), begin(one, 3), begin(two, 1), begin(two, 2)]);
  const ends = running.map((line, index) => ({
    ...endOf(line),
    ...(index === 1 ? { errorCode: "runner_failed", usage: undefined } : { chargeNano: 5n }),
  }));
  expect(await lines.end(ends)).toHaveLength(5);
  expect(await batches.find(one)).toMatchObject({ completedLines: 2, failedLines: 1, chargeNano: 10n });
  expect(await batches.find(two)).toMatchObject({ completedLines: 2, failedLines: 0, chargeNano: 10n });
});

describe("the next lines", () => {
  test("are of each account the same number, and of an account the oldest batch's first", async () => {
    const model = newModel();
    const [large, small] = [await addAccount(), await addAccount()];
    const first = await addBatch(large, model, 5);
    const second = await addBatch(large, model, 5);
    const other = await addBatch(small, model, 2);
    const next = await lines.listOpen(model, 6);
    const count = (id: string) => next.filter(({ batchId }) => batchId === id).length;
    expect([count(first), count(second), count(other)]).toEqual([4, 0, 2]);
    expect(next.filter(({ batchId }) => batchId === first).map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });

  test("are none of a batch that is paused, cancelled or over", async () => {
    const model = newModel();
    const batchId = await addBatch(await addAccount(), model, 2);
    await batches.pause(batchId, "operator", "maintenance");
    expect(await lines.listOpen(model, 10)).toEqual([]);
    expect(await lines.begin([{ batchId, number: 1 }], "g1")).toEqual([]);
    await batches.resume(batchId);
    expect(await lines.listOpen(model, 10)).toHaveLength(2);
    await batches.cancel(batchId);
    expect(await lines.listOpen(model, 10)).toEqual([]);
  });

  test("are not those that failed a moment ago", async () => {
    const model = newModel();
    const batchId = await addBatch(await addAccount(), model, 1);
    await lines.giveBack(await begin(batchId, 1), true, 60_000);
    expect(await lines.listOpen(model, 10)).toEqual([]);
    expect(await lines.listModels()).toContain(model);
  });
});

test("a custom id is taken once in a batch, and again in another", async () => {
  const accountId = await addAccount();
  const batchId = await addBatch(accountId, newModel(), 2);
  const again = { number: 3, customId: "c1", model: "m", byteOffset: 0, byteLength: 1 };
  expect(await lines.add(batchId, [again])).toEqual([3]);
  await addBatch(accountId, newModel(), 2);
});

test("a batch ends when nothing of it is open or runs; what was cancelled has no result", async () => {
  const batchId = await addBatch(await addAccount(), newModel(), 3);
  const running = await begin(batchId, 1);
  await batches.cancel(batchId);
  await batches.closeLines();
  expect(await batches.find(batchId)).toMatchObject({ status: "cancelling" });
  await lines.end([endOf(running)]);
  await batches.closeLines();
  expect(await batches.find(batchId)).toMatchObject({ status: "finalizing" });
  expect((await lines.readUnfinished(batchId, 0, 10)).map(({ number, state }) => [number, state])).toEqual([
    [2, "cancelled"],
    [3, "cancelled"],
  ]);
  expect(await batches.complete(batchId, { outputFileId: "file-o", errorFileId: null })).toMatchObject({
    status: "cancelled",
    outputFileId: "file-o",
  });
});

test("what there is to do is told by model: lines that run, and those that wait", async () => {
  const model = newModel();
  const batchId = await addBatch(await addAccount(), model, 10);
  const line = await begin(batchId, 1);
  await begin(batchId, 2);
  await lines.end([endOf(line)]);
  const figures = await readLaneFigures(database.db);
  expect(figures.running.find((row) => row.model === model)).toEqual({ model, lines: 1 });
  expect(figures.open.find((row) => row.model === model)).toEqual({ model, lines: 8 });
  expect(figures.batches.find(({ status, isPaused }) => status === "in_progress" && !isPaused)?.count).toBeGreaterThan(
    0,
  );
});
