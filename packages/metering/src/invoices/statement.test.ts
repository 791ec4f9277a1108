import { connectDatabase, type Database } from "@tera/database";
import { createTestDatabase, installTestClock, type TestClock, type TestDatabase } from "@tera/database/testing";
import { newUsageRecord } from "@tera/testkit";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedgerStore } from "../ledger-store.ts";
import { createPriceStore } from "../price-book.ts";
import { createUsageWriter } from "../settle-usage.ts";
import { dropExpiredUsage, ensureUsageMonths } from "../usage-months.ts";
import { UsageDroppedError } from "./charge-lines.ts";
import { monthOf } from "./month.ts";
import { readStatement, renderStatementCsv, renderStatementPdf } from "./statement.ts";

let testDatabase: TestDatabase;
let clock: TestClock;
let database: Database;
const accountId = "acct_1";

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  clock = await installTestClock(testDatabase.url);
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  await db.execute(sql`insert into account (id, name, kind) values (${accountId}, 'Buyer', 'prepaid')`);
  const { id: priceId } = await createPriceStore({ db }).addPrice({ model: "m", outputNano: 1_000n, author: "test" });
  const ledger = createLedgerStore({ db });
  const writer = createUsageWriter({ db, author: "gateway:g1" });
  const use = (completionTokens: number, at: Date) =>
    writer.settle([
      newUsageRecord({
        accountId,
        usage: { completionTokens },
        admittedAtMs: at.getTime(),
        billing: { priceId, holds: [{ purseId: accountId }] },
      }),
    ]);
  for (const [day, topUpNano, tokens] of [
    ["2026-10-30", 10_000_000n, 1_000],
    ["2026-11-10", 5_000_000n, 2_000],
    // More than there is: 1,000,000 nano-USD of it are written off.
    ["2026-11-20", 0n, 13_000],
    ["2026-12-02", 7_000_000n, 500],
  ] as const) {
    const at = new Date(`${day}T12:00:00Z`);
    await clock.set(at);
    if (topUpNano > 0n) await ledger.topUp({ accountId, amountNano: topUpNano, author: "test", reason: `bank ${day}` });
    await use(tokens, at);
  }
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("a month's statement goes from its opening to its closing balance, and write-offs were not charged", async () => {
  const statement = await readStatement(database.db, { accountId, month: "2026-11" });
  expect(statement).toMatchObject({ openingNano: 9_000_000n, closingNano: 0n });
  expect(statement?.movements.map(({ kind, amountNano }) => [kind, amountNano])).toEqual([["top_up", 5_000_000n]]);
  expect(statement?.usage.map(({ kind, amountNano }) => [kind, amountNano])).toEqual([
    ["usage", 15_000_000n],
    ["write_off", -1_000_000n],
  ]);
  const december = await readStatement(database.db, { accountId, month: "2026-12" });
  expect(december).toMatchObject({ openingNano: 0n, closingNano: 6_500_000n });
  expect(await readStatement(database.db, { accountId: "acct_x", month: "2026-11" })).toBeUndefined();
});

test("what was used while the account was postpaid is one sum in the statement: its invoice says for what", async () => {
  const { db } = database;
  await clock.set(new Date("2027-02-10T12:00:00Z"));
  await db.execute(sql`insert into account (id, name, kind) values ('acct_both', 'Both', 'prepaid')`);
  const ledger = createLedgerStore({ db });
  await ledger.topUp({ accountId: "acct_both", amountNano: 9_000n, author: "test", reason: "bank" });
  const [price] = await db.query.price.findMany();
  const billing = { priceId: price?.id ?? "", holds: [{ purseId: "acct_both" }] };
  const writer = createUsageWriter({ db, author: "gateway:g1" });
  const use = (completionTokens: number) =>
    writer.settle([
      newUsageRecord({ accountId: "acct_both", usage: { completionTokens }, admittedAtMs: Date.now(), billing }),
    ]);
  const become = (kind: string) => db.execute(sql`update account set kind = ${kind} where id = 'acct_both'`);
  await use(1);
  await become("postpaid");
  await use(2);
  await use(1);
  await become("prepaid");
  await use(4);
  const statement = await readStatement(db, { accountId: "acct_both", month: "2027-02" });
  expect(statement).toMatchObject({ openingNano: 0n, closingNano: 1_000n });
  expect(statement?.movements.map(({ kind, amountNano }) => [kind, amountNano])).toEqual([
    ["top_up", 9_000n],
    ["usage", -3_000n],
  ]);
  expect(statement?.usage).toMatchObject([{ kind: "usage", quantity: 5n, amountNano: 5_000n }]);
});

test("a statement of a month that is over is the same PDF whenever it is made", async () => {
  const render = async () => {
    const statement = await readStatement(database.db, { accountId, month: "2026-11" });
    if (statement === undefined) throw new Error("no statement");
    return { pdf: Buffer.from(await renderStatementPdf(statement)), csv: renderStatementCsv(statement) };
  };
  const one = await render();
  const two = await render();
  expect(one.pdf.equals(two.pdf)).toBe(true);
  expect(one.csv.split("\r\n")[1]).toBe("2026-11,acct_1,opening,,,,,,,,0.009");
});

test("a month whose requests retention has dropped has no statement, and that is said with when and by whom", async () => {
  const { db } = database;
  const old = monthOf(new Date(Date.now() - 200 * 86_400_000));
  const at = new Date(`${old}-15T12:00:00Z`);
  await clock.set(at);
  await db.execute(sql`insert into account (id, name, kind) values ('acct_old', 'Old', 'prepaid')`);
  await createLedgerStore({ db }).topUp({ accountId: "acct_old", amountNano: 9_000n, author: "test", reason: "bank" });
  const [price] = await db.query.price.findMany();
  const billing = { priceId: price?.id ?? "", holds: [{ purseId: "acct_old" }] };
  await createUsageWriter({ db, author: "gateway:g1" }).settle([
    newUsageRecord({ accountId: "acct_old", usage: { completionTokens: 2 }, admittedAtMs: at.getTime(), billing }),
  ]);
  await ensureUsageMonths(db);
  const asked = { accountId: "acct_old", month: old };
  expect(await readStatement(db, asked)).toMatchObject({ closingNano: 7_000n });
  const { dropped } = await dropExpiredUsage(db, { months: 1, author: "cli:ada" });
  expect(dropped.map(({ month }) => month)).toContain(old);
  const failure = await readStatement(db, asked).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UsageDroppedError);
  expect(String(failure)).toMatch(new RegExp(`requests of ${old} are gone.*dropped on [0-9-]{10} by cli:ada`));
});
