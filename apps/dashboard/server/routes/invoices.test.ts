/** Invoices over the Admin API, on a real Postgres whose clock the test sets. */

import { invoiceDetailsSchema, invoicePageSchema, invoiceRunSchema } from "@tera/admin-api/invoices";
import { auditEvent } from "@tera/database";
import { installTestClock } from "@tera/database/testing";
import { createLedgerStore, createPriceStore, createUsageWriter, openStripe } from "@tera/metering";
import { newUsageRecord, startFakeStripe } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestDashboard } from "../../testing/dashboard.ts";

const stripe = await startFakeStripe();
const dashboard = await startTestDashboard({
  payments: await openStripe({ apiKey: "sk_test_1", webhookSecret: undefined, apiUrl: stripe.url }),
});
const clock = await installTestClock(dashboard.databaseUrl);
const { db } = dashboard;
afterAll(async () => {
  await Promise.all([dashboard.close(), stripe.close()]);
});
const billing = await dashboard.signIn("billing");

const november = new Date("2026-11-10T12:00:00Z");
const december = new Date("2026-12-05T00:00:00Z");
let priceId = "";
let accountId = "";
/** Of an invoice of 1.19: a dollar, 1,100 nano-USD that are rounded away, and tax. */
let number = "";

beforeAll(async () => {
  const price = { model: "m", inputNano: 100n, cacheReadNano: 10n, outputNano: 1_000n, author: "test" };
  priceId = (await createPriceStore({ db }).addPrice({ ...price, validFrom: new Date("2026-01-01T00:00:00Z") })).id;
  const seller = { name: "Seller", address: null, taxId: null, email: null, paymentNote: "IBAN", dueDays: 30 };
  await billing("PUT", "/seller", { ...seller, taxRatePercent: "19" });
});
beforeEach(async () => {
  await clock.set(november);
  accountId = await dashboard.createAccount("=Buyer", "postpaid");
  await use(accountId);
  await clock.set(december);
  const run = invoiceRunSchema.parse(
    (await billing("POST", "/invoice-runs", { month: "2026-11", dryRun: false })).body,
  );
  number = run.result?.invoices.find((each) => each.accountId === accountId)?.number ?? "";
});

async function use(of: string): Promise<void> {
  const usage = { promptTokens: 20, cachedTokens: 10, completionTokens: 1_000_000 };
  const record = newUsageRecord({
    accountId: of,
    usage,
    admittedAtMs: november.getTime(),
    billing: { priceId, holds: [{ purseId: of }] },
  });
  await createUsageWriter({ db, author: "gateway:g1" }).settle([record]);
}
const read = async () => invoiceDetailsSchema.parse((await billing("GET", `/invoices/${number}`)).body);
const actions = async () =>
  (await db.select().from(auditEvent).where(eq(auditEvent.objectId, number)).orderBy(auditEvent.id)).map(
    ({ action }) => action,
  );

test("a dry run says what would be issued and issues nothing; a run issues it once", async () => {
  await clock.set(november);
  const other = await dashboard.createAccount("Other", "postpaid");
  await use(other);
  expect((await billing("POST", "/invoice-runs", { month: "2026-11", dryRun: true })).body).toMatchObject({
    state: "failed",
    error: "2026-11 is not over yet.",
  });
  await clock.set(december);
  const dry = await billing("POST", "/invoice-runs", { month: "2026-11", dryRun: true });
  expect(dry.body).toMatchObject({
    state: "done",
    result: {
      dryRun: true,
      count: 1,
      total: "1.19",
      invoices: [{ number: null, accountId: other, buyer: "Other", tax: "0.19", total: "1.19" }],
    },
  });
  expect((await billing("GET", `/invoices?accountId=${other}`)).body).toMatchObject({ total: 0 });
  for (const count of [1, 0]) {
    const run = await billing("POST", "/invoice-runs", { month: "2026-11", dryRun: false });
    expect(run.body).toMatchObject({ result: { dryRun: false, count } });
  }
  expect((await billing("GET", `/invoices?accountId=${other}`)).body).toMatchObject({ total: 1 });
});

test("an invoice is exact, line by line, and what made it is in the audit log", async () => {
  const found = await read();
  expect(found).toMatchObject({
    status: "open",
    exact: "1.0000011",
    rounding: "-0.0000011",
    taxRatePercent: "19",
    tax: "0.19",
    total: "1.19",
    open: "1.19",
    paymentNote: "IBAN",
    hasMoreLines: false,
  });
  expect(found.lines.map(({ measure, quantity, price, amount }) => [measure, quantity, price, amount])).toEqual([
    ["input", "10", "0.1", "0.000001"],
    ["cached_input", "10", "0.01", "0.0000001"],
    ["output", "1000000", "1", "1"],
  ]);
  expect(await actions()).toEqual(["invoice.issue"]);
});

test("invoices are listed by status, month and account, and found by number and buyer", async () => {
  const list = async (query: string) => invoicePageSchema.parse((await billing("GET", `/invoices?${query}`)).body);
  expect((await list(`accountId=${accountId}&status=unpaid&month=2026-11`)).items).toMatchObject([{ number }]);
  expect((await list(`search=${number}`)).total).toBe(1);
  expect((await list("search=nobody")).total).toBe(0);
  expect((await list("month=2026-10")).total).toBe(0);
  expect((await billing("GET", "/invoices?month=2026-13")).status).toBe(400);
});

test("a payment is recorded once, in part or beyond; what is beyond becomes credit", async () => {
  const pay = (amount: string, reference: string) =>
    billing("POST", `/invoices/${number}/payments`, { amount, reference });
  expect((await pay("1", `a ${number}`)).body).toMatchObject({ booked: true, invoice: { open: "0.19", paid: "1" } });
  expect((await pay("1", `a ${number}`)).body).toMatchObject({ booked: false, invoice: { open: "0.19" } });
  expect((await pay("1", `b ${number}`)).body).toMatchObject({
    booked: true,
    surplus: "0.81",
    invoice: { status: "paid", payments: [{ amount: "1" }, { amount: "0.19", reference: `b ${number}` }] },
  });
  expect((await pay("1", `c ${number}`)).status).toBe(409);
  expect(await createLedgerStore({ db }).balance(accountId)).toMatchObject({ balanceNano: 810_000_000n });
  expect(await actions()).toEqual(["invoice.issue", "invoice.pay", "invoice.pay"]);
});

test("a credit note that is sent twice takes back once", async () => {
  const note = { amount: "0.5", reason: "outage", credited: "0" };
  const [one, other] = await Promise.all([
    billing("POST", `/invoices/${number}/credit-notes`, note),
    billing("POST", `/invoices/${number}/credit-notes`, note),
  ]);
  expect([one.status, other.status].toSorted()).toEqual([200, 409]);
  expect(await read()).toMatchObject({
    credited: "0.5",
    open: "0.69",
    creditNotes: [{ total: "-0.5", reason: "outage" }],
  });
  const rest = await billing("POST", `/invoices/${number}/credit-notes`, { reason: "all", credited: "0.5" });
  expect(rest.body).toMatchObject({ kind: "credit_note", refersTo: number, total: "-0.69", status: null });
  expect(await read()).toMatchObject({ status: "credited", open: "0" });
  expect(await actions()).toEqual(["invoice.issue", "invoice.credit", "invoice.credit"]);
});

test("a customer reads, downloads and pays its own invoices, and others are not there", async () => {
  const customer = await dashboard.signIn("member", accountId);
  const other = await dashboard.signIn("member", await dashboard.createAccount("Other"));
  expect((await customer("GET", "/invoices")).body).toMatchObject({ total: 1, items: [{ number }] });
  expect((await customer("GET", `/invoices/${number}`)).body).toMatchObject({ total: "1.19", author: null });
  const pdf = await customer("GET", `/invoices/${number}/pdf`);
  expect(pdf.headers).toMatchObject({
    "content-type": "application/pdf",
    "content-disposition": `attachment; filename="${number}.pdf"`,
  });
  expect(String(pdf.body).startsWith("%PDF-")).toBe(true);
  expect((await customer("GET", `/invoices/${number}/csv`)).body).toContain(`${number},2026-11,${accountId},total`);
  const page = await customer("POST", `/invoices/${number}/pay-link`);
  expect(page.body).toMatchObject({ url: expect.stringContaining("https://buy.example/") });
  expect(stripe.calls.at(-1)?.fields).toMatchObject({ "line_items[0][price_data][unit_amount]": "119" });

  expect((await other("GET", "/invoices")).body).toMatchObject({ total: 0 });
  for (const path of ["", "/pdf", "/csv"]) expect((await other("GET", `/invoices/${number}${path}`)).status).toBe(404);
  expect((await other("POST", `/invoices/${number}/pay-link`)).status).toBe(404);
  expect((await other("GET", `/invoices?accountId=${accountId}`)).status).toBe(404);
  for (const path of ["payments", "credit-notes"]) {
    expect((await customer("POST", `/invoices/${number}/${path}`, {})).status).toBe(403);
  }
});

test("a statement adds up, and its files are to keep", async () => {
  await clock.set(november);
  const prepaid = await dashboard.createAccount("=1+1");
  await billing("POST", `/accounts/${prepaid}/credit`, { kind: "top_up", amount: "5", reason: "=cash()" });
  await use(prepaid);
  const customer = await dashboard.signIn("member", prepaid);
  expect((await customer("GET", `/accounts/${prepaid}/statements/2026-11`)).body).toMatchObject({
    opening: "0",
    movements: [{ kind: "top_up", amount: "5", reason: "=cash()" }],
    usageLines: 3,
    used: "1.0000011",
    closing: "3.9999989",
  });
  const csv = await customer("GET", `/accounts/${prepaid}/statements/2026-11/csv`);
  expect(csv.body).toContain("3.9999989");
  expect(csv.body).not.toMatch(/(^|,)=/m);
  expect((await customer("GET", `/accounts/${prepaid}/statements/2026-11/pdf`)).status).toBe(200);
  expect((await customer("GET", `/accounts/${prepaid}/statements/november`)).status).toBe(400);
});
