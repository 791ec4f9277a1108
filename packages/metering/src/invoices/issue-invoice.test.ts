/** What an invoice says and books, and that it stays as it is. On a real Postgres, whose clock the test sets. */
import { invoice, invoiceLine } from "@tera/database";
import { sql } from "drizzle-orm";
import { afterAll, beforeEach, expect, test } from "vitest";
import { charge, december, startInvoiceWorld } from "../../testing/invoice-world.ts";
import { checkLedger } from "../check-ledger.ts";

const world = await startInvoiceWorld();
const { db, clock, use, issue, balance } = world;
beforeEach(world.begin);
afterAll(world.close);

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
  const details = await world.store.find(issued.invoice.number);
  expect(details?.status).toBe("open");
  expect(
    details?.lines.map(({ measure, quantity, unitNano, amountNano }) => [measure, quantity, unitNano, amountNano]),
  ).toEqual([
    ["input", 30n, 100n, 3_000n],
    ["cached_input", 30n, 10n, 300n],
    ["output", 3_000_000n, 1_000n, 3_000_000_000n],
  ]);
  expect(await balance()).toBe(0n);
  expect(await world.books()).toEqual({
    credit: 0n,
    revenue: 3n * charge,
    rounding: -3_300n,
    tax: 570_000_000n,
    receivable: -3_570_000_000n,
  });
});

test("corrections and adjustments are lines, and credit that the account has pays at once", async () => {
  await use(1);
  const { ledger, accountId } = world;
  await ledger.adjust({ accountId, amountNano: -500_000_000n, author: "test", reason: "Set-up" });
  await ledger.topUp({ accountId, amountNano: 1_000_000_000n, author: "test", reason: "paid ahead" });
  await clock.set(december);
  const result = await issue();
  if (result.outcome !== "issued") throw new Error(result.outcome);
  const details = await world.store.find(result.invoice.number);
  expect(details?.lines.at(-1)).toMatchObject({ kind: "adjustment", description: "Set-up", amountNano: 500_000_000n });
  expect(details).toMatchObject({ totalNano: 1_790_000_000n, paidNano: 1_000_000_000n, openNano: 790_000_000n });
  expect(await balance()).toBe(0n);
});

test("what was issued cannot be changed, and no line can be added to it", async () => {
  const { number } = await world.issueOne();
  const refused = (message: string) => ({ cause: { message: expect.stringContaining(message) } });
  await expect(db.update(invoice).set({ reason: "x" })).rejects.toMatchObject(refused("permission denied"));
  await expect(db.delete(invoiceLine)).rejects.toMatchObject(refused("permission denied"));
  await expect(
    db.insert(invoiceLine).values({ invoiceNumber: number, line: 99, kind: "adjustment", amountNano: 1n }),
  ).rejects.toMatchObject(refused(`the lines of invoice ${number} sum to`));
});

test("an invoice that somebody removed is found by the check of the ledger", async () => {
  const { number } = await world.issueOne();
  expect((await checkLedger({ db })).filter(({ problem }) => problem.startsWith("invoice"))).toEqual([]);
  for (const table of ["invoice_line", "invoice"]) {
    await world.asOwner(sql.raw(`alter table ${table} disable trigger ${table}_append_only`));
    await world.asOwner(
      sql.raw(`delete from ${table} where ${table === "invoice" ? "number" : "invoice_number"} = '${number}'`),
    );
    await world.asOwner(sql.raw(`alter table ${table} enable trigger ${table}_append_only`));
  }
  // The number of the removed one is the year's last: only the books tell of it, until the next is issued.
  expect((await checkLedger({ db })).map(({ problem }) => problem)).toContain("invoice_differs");
  await world.begin();
  await world.issueOne();
  expect((await checkLedger({ db })).map(({ problem }) => problem)).toContain("invoice_gap");
});
