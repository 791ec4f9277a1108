/** Invoices on a real Postgres, whose clock the test sets. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  account,
  connectDatabase,
  type Database,
  invoice,
  invoiceLine,
  invoiceSeries,
  ledgerEntry,
  ledgerTransaction,
} from "@tera/database";
import { createTestDatabase, installTestClock, type TestClock, type TestDatabase } from "@tera/database/testing";
import { newUsageRecord } from "@tera/testkit";
import { eq, type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { checkLedger } from "../check-ledger.ts";
import { createLedgerStore } from "../ledger-store.ts";
import { createPriceStore } from "../price-book.ts";
import { createUsageWriter, type UsageWriter } from "../settle-usage.ts";
import { toUsageRow } from "../usage-row.ts";
import { runInvoices } from "./invoice-run.ts";
import { createInvoiceStore } from "./invoice-store.ts";
import { issueInvoice } from "./issue-invoice.ts";
import { createPartyStore } from "./parties.ts";

let testDatabase: TestDatabase;
let clock: TestClock;
let database: Database;
let writer: UsageWriter;
let accountId: string;
let priceId: string;
let accounts = 0;

const november = new Date("2026-11-10T12:00:00Z");
const december = new Date("2026-12-05T00:00:00Z");
/** 10 x 100 + 10 x 10 + 1,000,000 x 1000: a dollar and 1,100 nano. */
const charge = 1_000_001_100n;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  clock = await installTestClock(testDatabase.url);
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  writer = createUsageWriter({ db: database.db, author: "gateway:g1" });
  const price = await createPriceStore({ db: database.db }).addPrice({
    model: "m",
    inputNano: 100n,
    cacheReadNano: 10n,
    outputNano: 1_000n,
    validFrom: new Date("2026-01-01T00:00:00Z"),
    author: "test",
  });
  priceId = price.id;
  await createPartyStore({ db: database.db }).setSeller({ name: "Seller GmbH", taxRateBasisPoints: 1_900 });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  accountId = `acct_${++accounts}`;
  await database.db.execute(sql`insert into account (id, name, kind) values (${accountId}, 'Buyer', 'postpaid')`);
  await clock.set(november);
});

function record(keyId = "key_1") {
  return newUsageRecord({
    accountId,
    keyId,
    usage: { promptTokens: 20, cachedTokens: 10, completionTokens: 1_000_000 },
    admittedAtMs: november.getTime(),
    billing: { priceId, holds: [{ purseId: accountId }] },
  });
}
const use = (count: number) => writer.settle(Array.from({ length: count }, () => record()));
const issue = (month = "2026-11") => issueInvoice(database.db, { accountId, month, author: "test" });
const run = (month = "2026-11") => runInvoices(database.db, { month, accountId, author: "test" });
const balance = async () => (await createLedgerStore({ db: database.db }).balance(accountId))?.balanceNano;
const store = () => createInvoiceStore({ db: database.db });

async function books(): Promise<Record<string, bigint>> {
  const rows = await database.db
    .select({ book: ledgerEntry.book, sum: sql<string>`sum(${ledgerEntry.amountNano})` })
    .from(ledgerEntry)
    .innerJoin(ledgerTransaction, eq(ledgerTransaction.id, ledgerEntry.transactionId))
    .where(eq(ledgerTransaction.accountId, accountId))
    .groupBy(ledgerEntry.book);
  return Object.fromEntries(rows.map(({ book, sum }) => [book, BigInt(sum)]));
}

async function issueOne() {
  await use(1);
  await clock.set(december);
  const result = await issue();
  if (result.outcome !== "issued") throw new Error(`the invoice is ${result.outcome}`);
  return result.invoice;
}

test("a month's usage becomes one invoice whose lines say quantity, price and amount, and what is owed moves to the receivables", async () => {
  await use(3);
  expect((await issue()).outcome).toBe("month_not_over");
  await clock.set(december);
  const issued = await issue();
  expect(issued).toMatchObject({
    outcome: "issued",
    invoice: {
      month: "2026-11",
      exactNano: 3n * charge,
      roundingNano: -3_300n,
      taxNano: 570_000_000n,
      totalNano: 3_570_000_000n,
      buyer: { name: "Buyer" },
    },
  });
  if (issued.outcome !== "issued") return;
  const details = await store().find(issued.invoice.number);
  expect(details?.status).toBe("open");
  expect(
    details?.lines.map(({ measure, quantity, unitNano, amountNano }) => [measure, quantity, unitNano, amountNano]),
  ).toEqual([
    ["input", 30n, 100n, 3_000n],
    ["cached_input", 30n, 10n, 300n],
    ["output", 3_000_000n, 1_000n, 3_000_000_000n],
  ]);
  expect(await balance()).toBe(0n);
  expect(await books()).toEqual({
    credit: 0n,
    revenue: 3n * charge,
    rounding: -3_300n,
    tax: 570_000_000n,
    receivable: -3_570_000_000n,
  });
});

test("runs that are repeated, and many at once, issue each invoice once, numbered without a gap", async () => {
  const others = [accountId];
  await use(1);
  for (let more = 0; more < 4; more++) {
    accountId = `acct_${++accounts}`;
    others.push(accountId);
    await database.db.execute(sql`insert into account (id, name, kind) values (${accountId}, 'Buyer', 'postpaid')`);
    await use(1);
  }
  await clock.set(december);
  const runs = await Promise.all(
    Array.from({ length: 6 }, () => runInvoices(database.db, { month: "2026-11", author: "test" })),
  );
  const issued = runs.flatMap((report) => report.issued.map((each) => each.accountId));
  expect(issued.toSorted()).toEqual(others.toSorted());
  expect((await runInvoices(database.db, { month: "2026-11", author: "test" })).issued).toEqual([]);
  const all = await database.db.select().from(invoice).orderBy(invoice.seq);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
  const [series] = await database.db.select().from(invoiceSeries);
  expect(series).toEqual({ year: 2026, lastSeq: all.length });
});

test("an issue that dies before its end leaves neither a number nor a booking behind, and the next run issues it", async () => {
  await use(1);
  await clock.set(december);
  const [before] = await database.db.select().from(invoiceSeries);
  // The last step fails: its line is refused.
  await asOwner(sql`alter table invoice_line add constraint broken check (invoice_number = 'none') not valid`);
  await expect(issue()).rejects.toThrow();
  await asOwner(sql`alter table invoice_line drop constraint broken`);
  expect(await balance()).toBe(-charge);
  expect((await database.db.select().from(invoiceSeries))[0]).toEqual(before);
  const { issued } = await run();
  expect(issued.map(({ seq }) => seq)).toEqual([(before?.lastSeq ?? 0) + 1]);
});

test("a run that is killed with -9 in the middle is completed by the next: each account has its invoice, and no number is missing", async () => {
  const mine = [accountId];
  await use(1);
  while (mine.length < 40) {
    accountId = `acct_${++accounts}`;
    mine.push(accountId);
    await database.db.insert(account).values({ id: accountId, name: "Buyer", kind: "postpaid" });
    await use(1);
  }
  await clock.set(december);
  const before = (await database.db.select().from(invoice)).length;
  const issuedNow = async () => (await database.db.select().from(invoice)).length - before;
  const child = fork(fileURLToPath(new URL("../../testing/run-invoices-main.ts", import.meta.url)), [testDatabase.url]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await expect.poll(issuedNow, { interval: 1, timeout: 15_000 }).toBeGreaterThan(0);
  child.kill("SIGKILL");
  await once(child, "exit");
  const done = await issuedNow();
  expect(done).toBeLessThan(mine.length);
  await runInvoices(database.db, { month: "2026-11", author: "test" });
  const all = await database.db.select().from(invoice).orderBy(invoice.seq);
  const issuedTo = all.map((each) => each.accountId).filter((id) => mine.includes(id));
  expect(issuedTo.toSorted()).toEqual(mine.toSorted());
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
});

test("what is booked after the month's end is on the next invoice, and months that were missed each get their own", async () => {
  await use(1);
  await clock.set(december);
  await use(2);
  await clock.set(new Date("2027-01-02T00:00:00Z"));
  const { issued } = await run("2026-12");
  expect(issued.map(({ month, exactNano, number }) => [month, exactNano, number.slice(0, 5)])).toEqual([
    ["2026-11", charge, "2027-"],
    ["2026-12", 2n * charge, "2027-"],
  ]);
  expect(issued[1]?.fromSeq).toBe((issued[0]?.throughSeq ?? 0n) + 1n);
});

test("what comes to less than half a cent waits for the next month", async () => {
  await writer.settle([{ ...record(), usage: { ...record().usage, completionTokens: 10 } }]);
  await clock.set(december);
  expect((await issue()).outcome).toBe("nothing");
  await use(1);
  await clock.set(new Date("2027-01-02T00:00:00Z"));
  expect((await run("2026-12")).issued[0]?.exactNano).toBe(charge + 11_100n);
});

test("corrections and adjustments are lines, and credit that the account has pays at once", async () => {
  await use(1);
  const ledger = createLedgerStore({ db: database.db });
  await ledger.adjust({ accountId, amountNano: -500_000_000n, author: "test", reason: "Set-up" });
  await ledger.topUp({ accountId, amountNano: 1_000_000_000n, author: "test", reason: "paid ahead" });
  await clock.set(december);
  const result = await issue();
  if (result.outcome !== "issued") throw new Error(result.outcome);
  const details = await store().find(result.invoice.number);
  expect(details?.lines.at(-1)).toMatchObject({ kind: "adjustment", description: "Set-up", amountNano: 500_000_000n });
  expect(details).toMatchObject({ totalNano: 1_790_000_000n, paidNano: 1_000_000_000n, openNano: 790_000_000n });
  expect(await balance()).toBe(0n);
});

test("a payment is booked once; what is paid beyond the invoice is credit", async () => {
  const { number } = await issueOne();
  const pay = (reference: string, amountNano: bigint) =>
    store().pay({ number, amountNano, reference, reason: "bank", author: "test" });
  expect(await pay("bank-1", 1_000_000_000n)).toEqual({ outcome: "booked", openNano: 190_000_000n, surplusNano: 0n });
  expect(await pay("bank-1", 1_000_000_000n)).toEqual({ outcome: "booked_before" });
  expect(await pay("bank-2", 200_000_000n)).toEqual({ outcome: "booked", openNano: 0n, surplusNano: 10_000_000n });
  expect(await pay("bank-3", 1n)).toEqual({ outcome: "not_open" });
  expect(await balance()).toBe(10_000_000n);
  expect((await store().find(number))?.status).toBe("paid");
  expect((await books())["receivable"]).toBe(0n);
});

test("a credit note takes back what is asked for, and turns what was paid into credit", async () => {
  const { number } = await issueOne();
  await store().pay({ number, amountNano: 690_000_000n, reference: number, reason: "bank", author: "test" });
  const credit = (amountNano?: bigint) =>
    store().issueCreditNote({ number, amountNano, reason: "Outage", author: "test" });
  expect(await credit(1n)).toEqual({ outcome: "not_cents" });
  const part = await credit(119_000_000n * 10n - 1_000_000_000n);
  expect(part).toMatchObject({ outcome: "issued", creditNote: { refersTo: number, totalNano: -190_000_000n } });
  const rest = await credit();
  expect(rest).toMatchObject({ outcome: "issued", creditNote: { totalNano: -1_000_000_000n } });
  expect(await credit()).toEqual({ outcome: "too_much", creditableNano: 0n });
  expect(await balance()).toBe(690_000_000n);
  const { receivable, tax } = await books();
  expect({ receivable, tax }).toEqual({ receivable: 0n, tax: 0n });
});

test("what was issued cannot be changed, and no line can be added to it", async () => {
  const { number } = await issueOne();
  const refused = (message: string) => ({ cause: { message: expect.stringContaining(message) } });
  const { db } = database;
  await expect(db.update(invoice).set({ reason: "x" })).rejects.toMatchObject(refused("permission denied"));
  await expect(db.delete(invoiceLine)).rejects.toMatchObject(refused("permission denied"));
  await expect(
    db.insert(invoiceLine).values({ invoiceNumber: number, line: 99, kind: "adjustment", amountNano: 1n }),
  ).rejects.toMatchObject(refused(`the lines of invoice ${number} sum to`));
});

test("a bill that the usage events do not explain is not sent, and does not stop the others", async () => {
  await use(1);
  await database.db.execute(
    sql`select post_ledger(${accountId}, 'usage', 'x', 'x', null, '[["credit", -5], ["revenue", 5]]'::jsonb)`,
  );
  await clock.set(december);
  const problems = (await checkLedger({ db: database.db })).map(({ problem }) => problem);
  expect(problems).toEqual(["balance_differs", "posting_differs"]);
  const report = await run();
  expect(report.issued).toEqual([]);
  expect(report.failed).toMatchObject([{ accountId, reason: expect.stringContaining("usage events") }]);
});

/** The connections of the application may not. */
async function asOwner(statement: SQL): Promise<void> {
  await database.db.transaction(async (tx) => {
    await tx.execute(sql`set local role none`);
    await tx.execute(statement);
  });
}

describe("an account that changes its kind", () => {
  const become = async (kind: "prepaid" | "postpaid") => {
    await database.db.transaction(async (tx) => {
      await tx.execute(sql`update account set kind = ${kind} where id = ${accountId}`);
      await tx.execute(sql`update purse set bounded = ${kind === "prepaid"} where id = ${accountId}`);
    });
  };
  const topUp = (usd: bigint) =>
    createLedgerStore({ db: database.db }).topUp({
      accountId,
      amountNano: usd * 1_000_000_000n,
      author: "test",
      reason: "bank",
    });
  const adjust = (reason: string) =>
    createLedgerStore({ db: database.db }).adjust({ accountId, amountNano: 1_000_000n, author: "test", reason });
  const expectBooksToAddUp = async () =>
    expect((await checkLedger({ db: database.db })).filter(({ problem }) => problem.startsWith("invoice"))).toEqual([]);

  test("is invoiced only what was booked since it is postpaid, and what it had paid in pays that", async () => {
    await become("prepaid");
    await topUp(10n);
    await adjust("welcome");
    await use(2);
    await become("postpaid");
    await use(1);
    await clock.set(december);
    const result = await issue();
    if (result.outcome !== "issued") throw new Error(`the invoice is ${result.outcome}`);
    expect(result.invoice).toMatchObject({ exactNano: charge, totalNano: 1_190_000_000n });
    const details = await store().find(result.invoice.number);
    expect(details?.lines.map(({ kind, quantity }) => [kind, quantity])).toEqual([
      ["usage", 10n],
      ["usage", 10n],
      ["usage", 1_000_000n],
    ]);
    expect(details).toMatchObject({ status: "paid", openNano: 0n });
    // 10 paid in, 0.001 given, 2 used before, 1.19 invoiced.
    expect(await balance()).toBe(10_001_000_000n - 2n * charge - 1_190_000_000n);
    await expectBooksToAddUp();
  });

  test("gets no invoice of what was used while it was prepaid, if nothing was used since", async () => {
    await become("prepaid");
    await topUp(10n);
    await use(2);
    await become("postpaid");
    await clock.set(december);
    expect((await issue()).outcome).toBe("nothing");
    expect((await run()).issued).toEqual([]);
  });

  test("still gets the invoice of what it used before it became prepaid, and none of what it used since", async () => {
    await topUp(10n);
    await use(1);
    await become("prepaid");
    await use(2);
    await clock.set(december);
    const report = await run();
    expect(report.issued).toMatchObject([{ exactNano: charge, totalNano: 1_190_000_000n }]);
    expect(await balance()).toBe(10_000_000_000n - 2n * charge - 1_190_000_000n);
    await use(1);
    await clock.set(new Date("2027-01-05T00:00:00Z"));
    expect(await run("2026-12")).toMatchObject({ accounts: 0, issued: [] });
    expect((await issue("2026-12")).outcome).toBe("prepaid");
    await expectBooksToAddUp();
  });

  test("is asked for each stretch once, however often it changes", async () => {
    await topUp(20n);
    await use(1);
    await become("prepaid");
    await become("postpaid");
    await become("prepaid");
    await use(2);
    await become("postpaid");
    await use(4);
    await clock.set(december);
    await become("prepaid");
    await use(8);
    expect((await run()).issued).toMatchObject([{ exactNano: 5n * charge }]);
    await become("postpaid");
    await use(1);
    await clock.set(new Date("2027-01-05T00:00:00Z"));
    expect((await run("2026-12")).issued).toMatchObject([{ exactNano: charge }]);
    await expectBooksToAddUp();
  });
});

test("an invoice that somebody removed is found by the check of the ledger", async () => {
  const { number } = await issueOne();
  expect((await checkLedger({ db: database.db })).filter(({ problem }) => problem.startsWith("invoice"))).toEqual([]);
  for (const table of ["invoice_line", "invoice"]) {
    await asOwner(sql.raw(`alter table ${table} disable trigger ${table}_append_only`));
    await asOwner(
      sql.raw(`delete from ${table} where ${table === "invoice" ? "number" : "invoice_number"} = '${number}'`),
    );
    await asOwner(sql.raw(`alter table ${table} enable trigger ${table}_append_only`));
  }
  // The number of the removed one is the year's last: only the books tell of it, until the next is issued.
  expect((await checkLedger({ db: database.db })).map(({ problem }) => problem)).toContain("invoice_differs");
  accountId = `acct_${++accounts}`;
  await database.db.insert(account).values({ id: accountId, name: "Buyer", kind: "postpaid" });
  await clock.set(november);
  await issueOne();
  expect((await checkLedger({ db: database.db })).map(({ problem }) => problem)).toContain("invoice_gap");
});

test("a batch that began before the month's end and was booked after it is on the next invoice, whole", async () => {
  await use(1);
  const late = record();
  // Its id is drawn, and then it waits for somebody who has the same request and gives up.
  let waiting: Promise<void> = Promise.resolve();
  await database.db
    .transaction(async (tx) => {
      const same = toUsageRow(late, { chargeNano: 0n, priceId: undefined, lane: "interactive" });
      await tx.execute(sql`select settle_usage(${JSON.stringify([same])}::jsonb, 'gateway:g2')`);
      waiting = writer.settle([late]);
      await vi.waitFor(async () => {
        const { rows } = await database.db.execute(sql`select 1 from pg_locks where not granted`);
        expect(rows).toHaveLength(1);
      });
      await writer.settle([record("key_2")]);
      await clock.set(december);
      throw new Error("gives up");
    })
    .catch((error: unknown) => expect(error).toMatchObject({ message: "gives up" }));
  await waiting;
  const postings = await database.db
    .select({ id: ledgerTransaction.id })
    .from(ledgerTransaction)
    .where(eq(ledgerTransaction.accountId, accountId))
    .orderBy(ledgerTransaction.seq);
  expect(postings[1]?.id).toBeGreaterThan(postings[2]?.id ?? 0n);
  expect(await issue()).toMatchObject({ outcome: "issued", invoice: { throughSeq: 2n, exactNano: 2n * charge } });
  await clock.set(new Date("2027-01-05T00:00:00Z"));
  expect(await issue("2026-12")).toMatchObject({ outcome: "issued", invoice: { throughSeq: 4n, exactNano: charge } });
});
