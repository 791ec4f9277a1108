/** What is kept of refused requests, that it is bounded, and that it is found again among the others. */
import { connectDatabase, type Database, refusalCount, refusedRequest } from "@tera/database";
import { createTestDatabase, startBreakableProxy, type TestDatabase } from "@tera/database/testing";
import { newUsageRecord } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findListedRequest, listRequests } from "../requests/list-requests.ts";
import { createUsageWriter } from "../settle-usage.ts";
import type { Refusal } from "./refusal.ts";
import { createRefusalLog, type RefusalLogOptions } from "./refusal-log.ts";
import { createRefusalStore, dropExpiredRefusals, type RefusalBatch, type RefusalStore } from "./refusal-store.ts";

const hourMs = 3_600_000;
/** The beginning of an hour, so that the minutes of a test are of one hour. */
const hour = Math.floor(Date.now() / hourMs) * hourMs;
let testDatabase: TestDatabase;
let database: Database;
let store: RefusalStore;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  store = createRefusalStore({ db: database.db });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

let ids = 0;
function refusal(change: Partial<Refusal> = {}): Refusal {
  return {
    requestId: `req_${++ids}`,
    key: { accountId: "acct_1", keyId: "key_1" },
    model: "m",
    code: "rate_limit_exceeded",
    message: "Too fast.",
    atMs: hour,
    ...change,
  };
}

function open(options: Partial<RefusalLogOptions> = {}) {
  const lines: string[] = [];
  const write = (_fields: object, message: string) => void lines.push(message);
  let lost = 0;
  const log = createRefusalLog({
    store,
    log: { info: write, warn: write, error: write },
    onLost(count) {
      lost += count;
    },
    ...options,
  });
  return { log, lines, lost: () => lost };
}

/** Keeps what it is given. */
function remember() {
  const batches: RefusalBatch[] = [];
  const written = {
    samples: () => batches.flatMap(({ samples }) => samples),
    counted: () => batches.flatMap(({ counts }) => counts).reduce((sum, { requests }) => sum + requests, 0),
  };
  return { write: async (batch: RefusalBatch) => void batches.push(batch), ...written };
}

test("of a flood the first few of a key, a code and a minute are kept, and all are counted", async () => {
  const memory = remember();
  const { log, lost } = open({ store: memory });
  for (let n = 0; n < 1_000; n++) log.record(refusal());
  for (let n = 0; n < 1_000; n++) log.record(refusal({ code: "queue_full" }));
  for (let n = 0; n < 1_000; n++) log.record(refusal({ atMs: hour + 60_000 }));
  for (let key = 0; key < 1_000; key++) {
    log.record(refusal({ key: { accountId: "acct_1", keyId: `key_${key}` }, atMs: hour + 120_000 }));
  }
  await log.close(5_000);
  expect(memory.samples().length).toBe(5 + 5 + 5 + 300);
  expect([memory.counted(), lost()]).toEqual([4_000, 0]);
});

test("of who has no known key nothing is kept but the count", async () => {
  const memory = remember();
  const { log } = open({ store: memory });
  for (let n = 0; n < 3; n++) log.record(refusal({ key: undefined, code: "invalid_api_key" }));
  await log.close(5_000);
  expect([memory.samples(), memory.counted()]).toEqual([[], 3]);
});

test("whatever a client wrote can be stored, cut short", async () => {
  const { log, lost } = open();
  const evil = refusal({ model: `\0\ud800${"x".repeat(1_000)}`, message: `\0${"y".repeat(1_000)}` });
  log.record(evil);
  await log.close(5_000);
  const found = await store.find(evil.requestId);
  expect([found?.model?.length, found?.message.length, lost()]).toEqual([200, 500, 0]);
});

test("gateways add to the same counts, also when they write at once", async () => {
  const key = { accountId: "acct_many", keyId: "key_many" };
  const codes = ["rate_limit_exceeded", "queue_full", "insufficient_quota"];
  const gateways = Array.from({ length: 8 }, () => open().log);
  for (const [at, gateway] of gateways.entries()) {
    for (const code of at % 2 === 0 ? codes : codes.toReversed()) gateway.record(refusal({ key, code }));
  }
  await Promise.all(gateways.map((gateway) => gateway.close(5_000)));
  expect(await store.count({ accountId: "acct_many" })).toEqual(
    codes.toSorted().map((code) => ({ code, requests: 8 })),
  );
});

test("what waits while Postgres is away is written when it is back, and what is too much is told", async () => {
  const proxy = await startBreakableProxy(testDatabase.url);
  const away = connectDatabase({ url: proxy.url, name: "test", connectTimeoutMs: 500 });
  try {
    proxy.break();
    const { log, lines, lost } = open({
      store: createRefusalStore({ db: away.db }),
      batchDelayMs: 1,
      retryMs: 10,
      pendingMax: 2,
    });
    const key = { accountId: "acct_away", keyId: "key_away" };
    const first = refusal({ key });
    log.record(first);
    log.record(refusal({ key, code: "queue_full" }));
    log.record(refusal({ key, code: "no_replica" }));
    expect(lost()).toBe(1);
    await expect.poll(() => lines).toContain("refused requests cannot be written; trying again");
    proxy.heal();
    await expect.poll(() => store.find(first.requestId)).toBeDefined();
    await log.close(5_000);
    expect(lines).toContain("refused requests can be written again");
    expect(await store.count({ keyId: "key_away" })).toEqual([
      { code: "queue_full", requests: 1 },
      { code: "rate_limit_exceeded", requests: 1 },
    ]);
  } finally {
    await away.close();
    await proxy.close();
  }
});

test("what has expired is gone to every reader, and its day is dropped", async () => {
  const old = { expiresAt: new Date(Date.now() - 3 * 86_400_000), refusedAt: new Date(Date.now() - 10 * 86_400_000) };
  const row = { accountId: "acct_old", keyId: "key_old", code: "queue_full" };
  await store.write({
    samples: [{ ...row, ...old, requestId: "req_old", model: null, message: "Full." }],
    counts: [{ ...row, hour: old.refusedAt, requests: 2, expiresAt: old.expiresAt }],
  });
  expect(await store.find("req_old")).toBeUndefined();
  expect(await store.list({ accountId: "acct_old" }, 10)).toEqual([]);
  expect(await store.count({ accountId: "acct_old" })).toEqual([]);
  const day = old.expiresAt.toISOString().slice(0, 10);
  expect((await dropExpiredRefusals(database.db)).map((dropped) => dropped.day)).toEqual([day, day]);
  expect(await database.db.$count(refusedRequest, eq(refusedRequest.accountId, "acct_old"))).toBe(0);
  expect(await database.db.$count(refusalCount, eq(refusalCount.accountId, "acct_old"))).toBe(0);
});

test("pages of requests have the refused ones among the others, without a gap or a repetition, for several accounts too", async () => {
  const accounts = ["acct_p", "acct_q"];
  const records = Array.from({ length: 17 }, (_, n) =>
    newUsageRecord({
      accountId: accounts[n % 2] ?? "",
      admittedAtMs: hour + Math.floor(n / 4),
      ...(n === 3 ? { status: "failed", errorCode: "runner_failed" } : {}),
    }),
  );
  await createUsageWriter({ db: database.db, author: "gateway:g1" }).settle(records);
  const { log } = open({ samplesOfKeyMax: 100 });
  const refusals = Array.from({ length: 9 }, (_, n) =>
    refusal({
      requestId: `req_${n % 2 === 0 ? "A" : "z"}${n}`,
      key: { accountId: accounts[n % 2] ?? "", keyId: "key_p" },
      atMs: hour + Math.floor(n / 3),
    }),
  );
  for (const each of refusals) log.record(each);
  await log.close(5_000);

  const seen: string[] = [];
  let page = await listRequests(database.db, { among: accounts }, 4);
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    seen.push(...page.map(({ requestId }) => requestId));
    page = await listRequests(database.db, { among: accounts }, 4, last);
  }
  expect(seen.length).toBe(26);
  expect(new Set(seen)).toEqual(new Set([...records, ...refusals].map(({ requestId }) => requestId)));

  const ofStatus = async (status: "refused" | "failed") =>
    (await listRequests(database.db, { among: accounts, status }, 100)).map(({ kind }) => kind);
  expect(await ofStatus("refused")).toEqual(refusals.map(() => "refused"));
  expect(await ofStatus("failed")).toEqual(["used"]);
  const ofCode = await listRequests(database.db, { among: accounts, errorCode: "runner_failed" }, 100);
  expect(ofCode.map(({ requestId }) => requestId)).toEqual([records[3]?.requestId]);
  expect(await findListedRequest(database.db, "req_A0")).toMatchObject({
    kind: "refused",
    refused: { message: "Too fast." },
  });
  expect(await findListedRequest(database.db, records[0]?.requestId ?? "")).toMatchObject({ kind: "used" });
  expect(await findListedRequest(database.db, "req_none")).toBeUndefined();
});
