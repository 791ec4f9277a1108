/** Lists of invoices on a real Postgres, whose clock the test sets. */
import { connectDatabase } from "@tera/database";
import { createTestDatabase, installTestClock } from "@tera/database/testing";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedgerStore } from "../ledger-store.ts";
import { readMoneySummary, readOwedByAccount } from "../owed-by-account.ts";
import { runInvoices } from "./invoice-run.ts";
import { createInvoiceStore } from "./invoice-store.ts";
import { type InvoiceListQuery, listInvoices, readSettlements } from "./list-invoices.ts";
import { createPartyStore } from "./parties.ts";

const testDatabase = await createTestDatabase();
const clock = await installTestClock(testDatabase.url);
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const usd = 1_000_000_000n;
const author = "test";
const store = createInvoiceStore({ db });
const standard = { page: 1, pageSize: 25, sort: "-issuedAt" } as const;
const numbers = async (query: Partial<InvoiceListQuery>) =>
  (await listInvoices(db, { ...standard, ...query })).items.map(({ number }) => number);

/** Five invoices of 10, 20, ... 50 USD: open, paid, credited in part, credited in whole, paid in part; with two credit notes. */
beforeAll(async () => {
  await clock.set(new Date("2026-11-10T12:00:00Z"));
  await createPartyStore({ db }).setSeller({ name: "Seller", dueDays: 30 });
  for (const n of [1, 2, 3, 4, 5]) {
    await db.execute(sql`insert into account (id, name, kind) values (${`acct_${n}`}, ${`Buyer ${n}`}, 'postpaid')`);
    const amountNano = -10n * usd * BigInt(n);
    await createLedgerStore({ db }).adjust({ accountId: `acct_${n}`, amountNano, author, reason: "used" });
  }
  await clock.set(new Date("2026-12-05T00:00:00Z"));
  await runInvoices(db, { month: "2026-11", author });
  const pay = (number: string, amountNano: bigint) =>
    store.pay({ number, amountNano, reference: `pay ${number}`, reason: "paid", author });
  const credit = (number: string, amountNano?: bigint) =>
    store.issueCreditNote({ number, amountNano, reason: "wrong", author });
  await pay("2026-000002", 20n * usd);
  await credit("2026-000003", 5n * usd);
  await credit("2026-000004");
  await pay("2026-000005", 20n * usd);
});

test("each invoice has one status, by which it is found, and credit notes have none", async () => {
  expect(await numbers({ status: "unpaid" })).toEqual(["2026-000005", "2026-000003", "2026-000001"]);
  expect(await numbers({ status: "open" })).toEqual(await numbers({ status: "unpaid" }));
  expect(await numbers({ status: "overdue" })).toEqual([]);
  expect(await numbers({ status: "paid" })).toEqual(["2026-000002"]);
  expect(await numbers({ status: "credited" })).toEqual(["2026-000004"]);
  expect(await numbers({ status: "credit_note" })).toEqual(["2026-000007", "2026-000006"]);
  for (const { number, status } of (await listInvoices(db, standard)).items) {
    if (status !== null) expect(await numbers({ status })).toContain(number);
  }
});

test("an invoice is overdue when its time is over, and still unpaid", async () => {
  await clock.set(new Date("2027-01-05T00:00:00Z"));
  expect(await numbers({ status: "overdue" })).toEqual(await numbers({ status: "unpaid" }));
  expect(await numbers({ status: "open" })).toEqual([]);
});

test("a list is searched, narrowed to accounts and months, sorted and paged", async () => {
  expect(await numbers({ pattern: "%buyer 3%", sort: "total" })).toEqual(["2026-000006", "2026-000003"]);
  expect(await numbers({ among: ["acct_1", "acct_2"], sort: "-total" })).toEqual(["2026-000002", "2026-000001"]);
  expect(await numbers({ month: "2026-10" })).toEqual([]);
  expect(await listInvoices(db, { ...standard, pageSize: 2, page: 2, sort: "issuedAt" })).toMatchObject({
    total: 7,
    items: [{ number: "2026-000003", creditedNano: 5n * usd, openNano: 25n * usd }, { number: "2026-000004" }],
  });
});

test("what became of an invoice is listed booking by booking", async () => {
  expect(await readSettlements(db, "2026-000005")).toMatchObject({
    payments: [{ kind: "payment", amountNano: 20n * usd, reference: "pay 2026-000005" }],
    creditNotes: [],
  });
  expect((await readSettlements(db, "2026-000003")).creditNotes).toMatchObject([{ number: "2026-000006" }]);
});

test("what each account owes is what its open invoices ask for, and all together are their sum", async () => {
  const owed = await readOwedByAccount(db, ["acct_1", "acct_2", "acct_3", "acct_4", "acct_5"]);
  expect([...owed].toSorted().map(([, { invoicedNano }]) => invoicedNano / usd)).toEqual([10n, 0n, 25n, 0n, 30n]);
  const { invoices } = await readMoneySummary(db);
  expect(invoices).toEqual({ open: 3, openNano: 65n * usd, overdue: 3, overdueNano: 65n * usd });
});

test("a credit note that is asked for twice by somebody who saw none is issued once", async () => {
  const wanted = { number: "2026-000001", amountNano: 2n * usd, creditedNano: 0n, reason: "outage", author };
  expect((await store.issueCreditNote(wanted)).outcome).toBe("issued");
  expect(await store.issueCreditNote(wanted)).toEqual({ outcome: "credited_meanwhile", creditedNano: 2n * usd });
});
