/** Invoices that are paid by Stripe: in part, too much, twice, and taken back. */
import { installTestClock, type TestClock } from "@tera/database/testing";
import { disputeOf, newUsageRecord, paidIntent, refundOf } from "@tera/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startPaymentWorld, usd } from "../../testing/payment-world.ts";
import { checkLedger } from "../check-ledger.ts";
import { createInvoiceStore } from "../invoices/invoice-store.ts";
import { issueInvoice } from "../invoices/issue-invoice.ts";
import { createPartyStore } from "../invoices/parties.ts";
import { createPriceStore } from "../price-book.ts";
import { createUsageWriter } from "../settle-usage.ts";

const clocks: TestClock[] = [];
const world = await startPaymentWorld(async (url) => {
  clocks.push(await installTestClock(url));
});
const { db, stripe, provider, ledger, receive } = world;
afterAll(() => world.close());

const november = new Date("2026-11-10T12:00:00Z");
const december = new Date("2026-12-05T00:00:00Z");
const writer = createUsageWriter({ db, author: "gateway:g1" });
const { id: priceId } = await createPriceStore({ db }).addPrice({
  model: "m",
  outputNano: 1_000n,
  validFrom: new Date("2026-01-01T00:00:00Z"),
  author: "test",
});
await createPartyStore({ db }).setSeller({ name: "Seller" });
const invoices = createInvoiceStore({ db });

let accountId = "";
let number = "";
/** An account that is asked for $100. */
beforeEach(async () => {
  await clocks[0]?.set(november);
  accountId = await world.addAccount("postpaid");
  await writer.settle([
    newUsageRecord({
      accountId,
      usage: { promptTokens: 0, cachedTokens: 0, completionTokens: 100_000_000 },
      admittedAtMs: november.getTime(),
      billing: { priceId, holds: [{ purseId: accountId }] },
    }),
  ]);
  await clocks[0]?.set(december);
  const issued = await issueInvoice(db, { accountId, month: "2026-11", author: "test" });
  if (issued.outcome !== "issued") throw new Error(`no invoice: ${issued.outcome}`);
  number = issued.invoice.number;
  expect(issued.invoice.totalNano).toBe(100n * usd);
});

const intent = (id: string, usdPaid: number) =>
  paidIntent(`pi_${id}_${accountId}`, usdPaid * 100, { tera_account: accountId, tera_invoice: number });
const pay = (id: string, usdPaid: number) => receive("payment_intent.succeeded", intent(id, usdPaid));
async function state() {
  const found = await invoices.find(number);
  return {
    status: found?.status,
    open: (found?.openNano ?? 0n) / usd,
    balance: ((await world.balance(accountId)) ?? 0n) / usd,
    debt: (await world.debt(accountId)) / usd,
  };
}
const settled = { status: "paid", open: 0n, balance: 0n, debt: 0n };

test("a link asks for what is open, can be paid once, and says which invoice it is for", async () => {
  await provider.createInvoiceLink({
    accountId,
    invoiceNumber: number,
    amountNano: 100n * usd,
    returnUrl: "https://console.example/",
  });
  expect(stripe.calls.at(-1)).toMatchObject({
    path: "/v1/payment_links",
    fields: {
      "line_items[0][price_data][unit_amount]": "10000",
      "line_items[0][price_data][product_data][name]": `Invoice ${number}`,
      "restrictions[completed_sessions][limit]": "1",
      "payment_intent_data[metadata][tera_account]": accountId,
      "payment_intent_data[metadata][tera_invoice]": number,
      "after_completion[redirect][url]": "https://console.example/",
    },
  });
});

test("a payment closes its invoice, once, and leaves what was issued as it was", async () => {
  const before = await invoices.find(number);
  const told = await Promise.all([pay("a", 100), pay("a", 100), pay("a", 100)]);
  expect(
    told
      .flat()
      .map(({ outcome }) => outcome)
      .toSorted(),
  ).toEqual(["booked", "booked_before", "booked_before"]);
  expect(await state()).toEqual(settled);
  const after = await invoices.find(number);
  expect(after).toEqual({ ...before, paidNano: 100n * usd, openNano: 0n, status: "paid" });
  const [booked] = await ledger.list({ accountId, limit: 1 });
  expect(booked).toMatchObject({
    kind: "payment",
    author: "stripe",
    reason: `Payment of ${number} by stripe`,
    entries: [
      { book: "receivable", amountNano: 100n * usd },
      { book: "cash", amountNano: -100n * usd },
    ],
  });
});

test("a part leaves the rest open; what is paid beyond it is credit", async () => {
  await pay("a", 40);
  expect(await state()).toEqual({ status: "open", open: 60n, balance: 0n, debt: 0n });
  await pay("b", 75);
  expect(await state()).toEqual({ ...settled, balance: 15n });
});

test("an invoice that is paid twice is paid, and the second payment is credit, also when both come at once", async () => {
  await Promise.all([pay("a", 100), pay("b", 100)]);
  expect(await state()).toEqual({ ...settled, balance: 100n });
  expect(await pay("b", 100)).toEqual([{ outcome: "booked_before" }]);
  expect(await state()).toEqual({ ...settled, balance: 100n });
  expect(await ledger.list({ accountId, limit: 2 })).toMatchObject([
    { kind: "top_up", reason: `Payment by stripe for ${number}, which was not open` },
    { kind: "payment", reason: `Payment of ${number} by stripe` },
  ]);
});

test("a payment for an invoice that was credited meanwhile, is unknown, or is another's is credit", async () => {
  await invoices.issueCreditNote({ number, reason: "outage", author: "test" });
  await pay("a", 100);
  expect(await state()).toMatchObject({ status: "credited", balance: 100n });
  const other = await world.addAccount("postpaid");
  await receive("payment_intent.succeeded", paidIntent("pi_other", 500, { tera_account: other, tera_invoice: number }));
  await receive(
    "payment_intent.succeeded",
    paidIntent("pi_gone", 500, { tera_account: other, tera_invoice: "1999-000001" }),
  );
  expect(await world.balance(other)).toBe(10n * usd);
});

test("a dispute opens the invoice again, and closes it when it is won", async () => {
  await pay("a", 100);
  const dispute = (status: string, moved: readonly number[]) =>
    disputeOf(`pi_a_${accountId}`, `du_${accountId}`, 10_000, status, moved);
  await receive("charge.dispute.funds_withdrawn", dispute("needs_response", [-10_000]));
  expect(await state()).toEqual({ status: "open", open: 100n, balance: 0n, debt: 0n });
  await receive("charge.dispute.closed", dispute("won", [-10_000, 10_000]));
  expect(await state()).toEqual(settled);
});

test("a dispute that is won after the invoice was paid otherwise is credit", async () => {
  await pay("a", 100);
  const dispute = (status: string, moved: readonly number[]) =>
    disputeOf(`pi_a_${accountId}`, `du_${accountId}`, 10_000, status, moved);
  await receive("charge.dispute.funds_withdrawn", dispute("needs_response", [-10_000]));
  await invoices.pay({ number, amountNano: 100n * usd, reference: `bank_${number}`, reason: "bank", author: "test" });
  await receive("charge.dispute.closed", dispute("won", [-10_000, 10_000]));
  expect(await state()).toEqual({ ...settled, balance: 100n });
});

test("a refund of what was paid beyond the invoice takes that, and leaves the invoice paid", async () => {
  await pay("a", 120);
  await receive("refund.created", refundOf(`pi_a_${accountId}`, `re_${accountId}`, 2_000, "succeeded"));
  expect(await state()).toEqual(settled);
});

test("a refund after a credit note takes the credit that the note made, and the invoice stays closed", async () => {
  await pay("a", 100);
  await invoices.issueCreditNote({ number, reason: "outage", author: "test" });
  expect(await state()).toEqual({ ...settled, balance: 100n });
  await receive("refund.created", refundOf(`pi_a_${accountId}`, `re_${accountId}`, 10_000, "succeeded"));
  expect(await state()).toMatchObject({ open: 0n, balance: 0n, debt: 0n });
});

test("a refund after a credit note whose credit was used is a debt, and the invoice is not asked for again", async () => {
  await pay("a", 100);
  await invoices.issueCreditNote({ number, amountNano: 60n * usd, reason: "outage", author: "test" });
  await ledger.adjust({ accountId, amountNano: -60n * usd, author: "test", reason: "used" });
  await receive("refund.created", refundOf(`pi_a_${accountId}`, `re_${accountId}`, 10_000, "succeeded"));
  // Of the $100 that went back, $40 are owed for what the note left of the invoice, and $60 for the credit that it gave.
  expect(await state()).toMatchObject({ open: 40n, balance: 0n, debt: 60n });
});

test("a refund that fails pays the invoice again", async () => {
  await pay("a", 100);
  const refund = (status: string) => refundOf(`pi_a_${accountId}`, `re_${accountId}`, 10_000, status);
  await receive("refund.created", refund("succeeded"));
  expect(await state()).toMatchObject({ status: "open", open: 100n });
  await receive("refund.failed", refund("failed"));
  expect(await state()).toEqual(settled);
});

test("after all of this the ledger and the invoices agree", async () => {
  expect(await checkLedger({ db })).toEqual([]);
});
