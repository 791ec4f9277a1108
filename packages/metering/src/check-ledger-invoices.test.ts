/** An invoice, its payment and its credit note are changed in each way, in a transaction that is then taken back; the check of the ledger must say what is wrong. */
import { connectDatabase, type Database, type Db } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { newUsageRecord } from "@tera/testkit";
import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkLedger } from "./check-ledger.ts";
import { createInvoiceStore } from "./invoices/invoice-store.ts";
import { issueInvoice } from "./invoices/issue-invoice.ts";
import { lastMonth } from "./invoices/month.ts";
import { createPartyStore } from "./invoices/parties.ts";
import { createPriceStore } from "./price-book.ts";
import { createUsageWriter } from "./settle-usage.ts";

const accountId = "acct_a";

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  const { id: priceId } = await createPriceStore({ db }).addPrice({
    model: "m",
    inputNano: 1_000_000n,
    outputNano: 1_000_000n,
    author: "test",
  });
  await db.execute(sql`insert into account (id, name, kind) values (${accountId}, 'x', 'postpaid')`);
  const writer = createUsageWriter({ db, author: "gateway:g" });
  const record = () =>
    newUsageRecord({
      accountId,
      model: "m",
      usage: { promptTokens: 100, completionTokens: 51 },
      admittedAtMs: Date.now(),
      billing: { priceId, holds: [{ purseId: accountId }] },
    });
  await writer.settle([record(), record()]);
  await bookLastMonth();
  await createPartyStore({ db }).setSeller({ name: "S", taxRateBasisPoints: 1_900 });
  const result = await issueInvoice(db, { accountId, month: lastMonth(new Date()), author: "test" });
  if (result.outcome !== "issued") throw new Error(result.outcome);
  const about = { number: result.invoice.number, reason: "x", author: "test" };
  const store = createInvoiceStore({ db });
  await store.pay({ ...about, amountNano: 100_000_000n, reference: "paid" });
  await store.issueCreditNote({ ...about, amountNano: 10_000_000n });
  await writer.settle([record()]);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

/** Triggers and foreign keys off, as for somebody with all rights. */
const asMaster = [sql`set local role none`, sql`set local session_replication_role = replica`];

async function bookLastMonth(): Promise<void> {
  await database.db.transaction(async (tx) => {
    for (const right of asMaster) await tx.execute(right);
    await tx.execute(sql`
      with moved as (
        select t.id, (date_trunc('month', now(), 'UTC') - interval '1 hour')::timestamptz(3) as at,
          (select jsonb_agg(jsonb_build_array(book, amount_nano::text) order by line)::text from ledger_entry where transaction_id = t.id) as entries
        from ledger_transaction t
      )
      update ledger_transaction t set created_at = moved.at,
        hash = ledger_hash(previous_hash, account_id, seq, kind, author, reason, reference, moved.at, moved.entries)
      from moved where moved.id = t.id`);
  });
}

class TakeBack extends Error {}

async function problemsAfter(...changes: SQL[]): Promise<string[]> {
  let problems: string[] = [];
  await database.db
    .transaction(async (moment) => {
      for (const change of [...asMaster, ...changes]) await moment.execute(change);
      problems = (await checkLedger({ db: moment as unknown as Db })).map(({ problem }) => problem);
      throw new TakeBack();
    })
    .catch((error: unknown) => {
      if (!(error instanceof TakeBack)) throw error;
    });
  return problems.sort();
}

test("invoices that Tera made have no findings", async () => {
  expect(await problemsAfter()).toEqual([]);
});

test.each<[string, SQL, string[]]>([
  [
    "an exact sum that was moved to the rounding",
    sql`update invoice set exact_nano = exact_nano + 1, rounding_nano = rounding_nano - 1 where kind = 'invoice'`,
    ["invoice_lines_differ", "invoice_not_booked", "invoice_range_differs"],
  ],
  [
    "a range that takes in what was not asked for",
    sql`update invoice set through_seq = (select max(seq) from ledger_transaction) where kind = 'invoice'`,
    ["invoice_range_differs"],
  ],
  [
    "a range that ends in the future",
    sql`update invoice set through_seq = through_seq + 1000 where kind = 'invoice'`,
    ["invoice_range_differs"],
  ],
  [
    "a tax that was lowered",
    sql`update invoice set tax_nano = tax_nano - 10000000, total_nano = total_nano - 10000000 where kind = 'invoice'`,
    ["invoice_differs", "invoice_not_booked"],
  ],
  [
    "a quantity that was changed",
    sql`update invoice_line set quantity = quantity + 1, amount_nano = amount_nano + unit_nano where kind = 'usage' and line = 1`,
    ["invoice_lines_differ"],
  ],
  ["a line that was deleted", sql`delete from invoice_line where line = 1`, ["invoice_lines_differ"]],
  ["a payment that was deleted", sql`delete from invoice_payment`, ["invoice_differs"]],
  [
    "a credit note that was raised",
    sql`update invoice set exact_nano = exact_nano - 10000000, total_nano = total_nano - 10000000 where kind = 'credit_note'`,
    ["invoice_differs", "invoice_lines_differ", "invoice_not_booked"],
  ],
  [
    "an invoice of somebody else",
    sql`update invoice set account_id = 'acct_b' where kind = 'invoice'`,
    ["invoice_differs", "invoice_not_booked", "invoice_range_differs"],
  ],
])("%s is found", async (_what, change, expected) => {
  expect(await problemsAfter(change)).toEqual(expected);
});
