import { connectDatabase, type Database, type Db, usageEvent, usageHour } from "@tera/database";
import { createTestDatabase, installTestClock, type TestClock, type TestDatabase } from "@tera/database/testing";
import type { UsageRecord } from "@tera/protocol";
import { newUsageRecord } from "@tera/testkit";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkLedger } from "./check-ledger.ts";
import { createPriceStore } from "./price-book.ts";
import { createUsageWriter, type UsageWriter } from "./settle-usage.ts";
import { dropExpiredUsage, ensureUsageMonths, listDroppedMonths, listUsageMonths } from "./usage-months.ts";

let testDatabase: TestDatabase;
let database: Database;
let db: Db;
let clock: TestClock;
let writer: UsageWriter;
let priceId: string;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  clock = await installTestClock(testDatabase.url);
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  db = database.db;
  writer = createUsageWriter({ db, author: "gateway:g1" });
  await db.execute(sql`insert into account (id, name, kind) values ('pre', 'x', 'prepaid'), ('post', 'x', 'postpaid')`);
  await db.execute(sql`select move_credit('pre', 'top_up', 'cash', 1000000, 'test', 'test', null)`);
  const store = createPriceStore({ db });
  ({ id: priceId } = await store.addPrice({ model: "m", outputNano: 1n, author: "test", validFrom: new Date(0) }));
});
afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

/** The middle of the month so long ago. */
function monthsAgo(months: number): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15, 12));
}
const nameOf = (date: Date) => date.toISOString().slice(0, 7);

async function use(accountId: string, at: Date): Promise<UsageRecord> {
  const record = newUsageRecord({
    accountId,
    usage: { completionTokens: 7 },
    admittedAtMs: at.getTime(),
    billing: { priceId, holds: [{ purseId: accountId }] },
  });
  await writer.settle([record]);
  return record;
}

async function partitionOf({ requestId }: UsageRecord): Promise<string | undefined> {
  const { rows } = await db.execute<{ name: string }>(
    sql`select tableoid::regclass::text as name from usage_event where request_id = ${requestId}`,
  );
  return rows[0]?.name;
}

test("this month and two more are there, also when many gateways start at once", async () => {
  await Promise.all(Array.from({ length: 8 }, () => ensureUsageMonths(db)));
  const names = (await listUsageMonths(db)).map(({ month }) => month);
  expect(names).toEqual([0, -1, -2].map((ago) => nameOf(monthsAgo(ago))));
});

test("events whose month was missing are moved to it, and are still counted once", async () => {
  const early = await use("pre", monthsAgo(-5));
  const late = await use("pre", monthsAgo(3));
  const wrongClock = await use("pre", new Date(Date.UTC(1999, 0, 1)));
  expect(await partitionOf(late)).toBe("usage_event_default");
  expect(await ensureUsageMonths(db)).toBe(1);
  expect(await partitionOf(late)).toBe(`usage_event_${nameOf(monthsAgo(3)).replace("-", "")}`);
  expect(await partitionOf(early)).toBe("usage_event_default");
  expect(await partitionOf(wrongClock)).toBe("usage_event_default");
  await writer.settle([late, wrongClock]);
  expect(await db.$count(usageEvent)).toBe(3);
  expect(await ensureUsageMonths(db)).toBe(0);
  await expect(db.execute(sql`delete from usage_event`)).rejects.toMatchObject({ cause: { code: "42501" } });
});

test("a month past its retention goes as a whole; roll-ups and ledger stay, and still add up", async () => {
  for (const ago of [0, 2, 3, 4]) await use("pre", monthsAgo(ago));
  await ensureUsageMonths(db);
  expect(await dropExpiredUsage(db, { months: 4, author: "test" })).toEqual({ dropped: [], kept: [] });
  const { dropped, kept } = await dropExpiredUsage(db, { months: 2, author: "test" });
  expect(dropped.map(({ month, events }) => [month, events])).toEqual([
    [nameOf(monthsAgo(4)), 1],
    [nameOf(monthsAgo(3)), 1],
  ]);
  expect(kept).toEqual([]);
  expect(await db.$count(usageEvent)).toBe(2);
  expect(await db.$count(usageHour)).toBe(4);
  expect((await listDroppedMonths(db)).map(({ bytes }) => bytes > 0)).toEqual([true, true]);
  expect(await dropExpiredUsage(db, { months: 2, author: "test" })).toEqual({ dropped: [], kept: [] });
  expect((await listUsageMonths(db)).map(({ requests }) => requests)).toEqual([1, 1, 0, 0]);
});

test("a month that is not invoiced, not rolled up, not in the ledger, or hardly over is kept", async () => {
  const reasonOf = async () =>
    (await dropExpiredUsage(db, { months: 1, author: "test" })).kept.map(({ reason }) => reason);
  const tamper = (statement: string) =>
    db.transaction(async (tx) => {
      await tx.execute(sql`set local role none`);
      await tx.execute(sql`set local session_replication_role = replica`);
      await tx.execute(sql.raw(statement));
    });
  await use("pre", monthsAgo(3));
  const owed = await use("post", monthsAgo(3));
  await ensureUsageMonths(db);
  expect(await reasonOf()).toEqual(["usage of post in it has not been invoiced"]);
  // It was postpaid then, and that is what it will be invoiced.
  await db.execute(sql`update account set kind = 'prepaid' where id = 'post'`);
  expect(await reasonOf()).toEqual(["usage of post in it has not been invoiced"]);
  await tamper("update usage_hour set requests = requests + 1 where account_id = 'pre'");
  expect(await reasonOf()).toEqual(["its roll-ups have 3 requests and it has 2"]);
  await tamper("update usage_hour set requests = requests - 1 where account_id = 'pre'");
  await tamper(`update usage_event set ledger_transaction_id = 0 where request_id = '${owed.requestId}'`);
  expect(await reasonOf()).toEqual([`the charge of ${owed.requestId} is not in the ledger`]);
  // Nobody else decides otherwise.
  await expect(db.execute(sql`select drop_usage_month(${nameOf(monthsAgo(3))}, 'test')`)).rejects.toMatchObject({
    cause: { message: expect.stringContaining("is kept") },
  });
  await expect(db.execute(sql`select drop_usage_month(${nameOf(monthsAgo(0))}, 'test')`)).rejects.toMatchObject({
    cause: { message: expect.stringContaining("less than four weeks") },
  });
  await expect(db.execute(sql`select drop_usage_month('default', 'test')`)).rejects.toThrow();
});

test("the ledger's check has nothing to say of a month that was dropped", async () => {
  for (const ago of [4, 1]) {
    await clock.set(monthsAgo(ago));
    await use("pre", monthsAgo(ago));
  }
  await clock.set(new Date());
  await ensureUsageMonths(db);
  await dropExpiredUsage(db, { months: 2, author: "test" });
  expect(await checkLedger({ db })).toEqual([]);
});
