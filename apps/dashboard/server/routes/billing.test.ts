import { accountMoneyPageSchema, accountMoneySchema, ledgerPageSchema } from "@tera/admin-api/billing";
import { auditEvent } from "@tera/database";
import { openStripe } from "@tera/metering";
import { startFakeStripe } from "@tera/testkit";
import { desc, eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startTestDashboard } from "../../testing/dashboard.ts";

const stripe = await startFakeStripe();
const dashboard = await startTestDashboard({
  payments: await openStripe({ apiKey: "sk_test_1", webhookSecret: undefined, apiUrl: stripe.url }),
});
const withoutPayments = await startTestDashboard();
afterAll(async () => {
  await Promise.all([dashboard.close(), withoutPayments.close(), stripe.close()]);
});
const billing = await dashboard.signIn("billing");

let accountId = "";
beforeEach(async () => {
  accountId = await dashboard.createAccount("Acme");
});
const move = (body: object, key?: string) =>
  billing("POST", `/accounts/${accountId}/credit`, body, key === undefined ? {} : { "idempotency-key": key });
const money = async () => accountMoneySchema.parse((await billing("GET", `/accounts/${accountId}/balance`)).body);
const ledger = async (query = "") =>
  ledgerPageSchema.parse((await billing("GET", `/accounts/${accountId}/ledger?${query}`)).body);
const lastEntry = async () => {
  const [event] = await dashboard.db
    .select()
    .from(auditEvent)
    .where(eq(auditEvent.accountId, accountId))
    .orderBy(desc(auditEvent.id))
    .limit(1);
  return event;
};

test("credit is moved exactly, to the last of nine decimals, with author, reason and an entry in the audit log", async () => {
  await move({ kind: "top_up", amount: "9007199254.740993001", reason: "bank transfer", reference: "bank/1" });
  await move({ kind: "gift", amount: "0.000000001", reason: "welcome" });
  await move({ kind: "refund", amount: "0.000000003", reason: "sent back" });
  await move({ kind: "adjustment", amount: "-4.74", reason: "typing error" });
  expect(await money()).toMatchObject({ balance: "9007199250.000992999", available: "9007199250.000992999" });
  const { items } = await ledger();
  expect(items.map(({ kind, amount, reason }) => [kind, amount, reason])).toEqual([
    ["adjustment", "-4.74", "typing error"],
    ["refund", "-0.000000003", "sent back"],
    ["adjustment", "0.000000001", "welcome"],
    ["top_up", "9007199254.740993001", "bank transfer"],
  ]);
  expect(items[3]).toMatchObject({ reference: "bank/1", author: expect.stringMatching(/^member:person-\d+@/) });
  expect(await lastEntry()).toMatchObject({
    action: "credit.move",
    objectId: accountId,
    after: { kind: "adjustment", amount: "-4.74", reason: "typing error" },
  });
});

test("amounts that are none are refused, and nothing is booked", async () => {
  for (const amount of ["0", "0.00", "-1", "1e3", "1,5", "0.0000000001", "12345678901", " ", "NaN"]) {
    expect((await move({ kind: "top_up", amount, reason: "x" })).status).toBe(400);
  }
  expect((await move({ kind: "top_up", amount: 5, reason: "x" })).status).toBe(400);
  expect((await move({ kind: "top_up", amount: "5" })).status).toBe(400);
  expect((await move({ kind: "top_up", amount: "5", reason: "x", balance: "9" })).status).toBe(400);
  expect((await ledger()).items).toEqual([]);
});

test("a top-up that is sent twice with one idempotency key, at once or later, moves once", async () => {
  const body = { kind: "top_up", amount: "25", reason: "cash" };
  const [one, other] = await Promise.all([move(body, "key-of-a-click"), move(body, "key-of-a-click")]);
  const again = await move(body, "key-of-a-click");
  expect([one, other].map(({ body: answer }) => answer)).toContainEqual(expect.objectContaining({ booked: true }));
  expect([one, other].map(({ body: answer }) => answer)).toContainEqual(expect.objectContaining({ booked: false }));
  expect(again.body).toMatchObject({ booked: false, account: { balance: "25" } });
  const changed = await move({ ...body, amount: "26" }, "key-of-a-click");
  expect(changed.status).toBe(409);
  expect((await ledger()).items).toHaveLength(1);
});

test("a reference is booked once, also for another account at the same moment", async () => {
  const other = await dashboard.createAccount("Other");
  const body = { kind: "top_up", amount: "10", reason: "bank", reference: "bank/twice" };
  const answers = await Promise.all([move(body), billing("POST", `/accounts/${other}/credit`, body)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test("no more can be taken than is available", async () => {
  await move({ kind: "top_up", amount: "1", reason: "cash" });
  const refused = await move({ kind: "refund", amount: "1.000000001", reason: "all" });
  expect(refused.status).toBe(409);
  expect(JSON.stringify(refused.body)).toContain("It has 1 USD available");
  expect(await money()).toMatchObject({ balance: "1" });
});

test("a ledger is read part by part, and narrowed to kinds", async () => {
  for (const amount of ["1", "2", "3"]) await move({ kind: "top_up", amount, reason: "cash" });
  await move({ kind: "gift", amount: "4", reason: "gift" });
  const first = await ledger("pageSize=2");
  expect(first.items.map(({ amount }) => amount)).toEqual(["4", "3"]);
  const second = await ledger(`pageSize=2&before=${first.next}`);
  expect(second).toMatchObject({ items: [{ amount: "2" }, { amount: "1" }], next: null });
  expect((await ledger("kinds=adjustment,refund")).items).toHaveLength(1);
  expect((await billing("GET", `/accounts/${accountId}/ledger?kinds=gold`)).status).toBe(400);
});

test("accounts are listed by balance, and all together have their sum", async () => {
  await move({ kind: "top_up", amount: "0.5", reason: "cash" });
  const listed = accountMoneyPageSchema.parse((await billing("GET", "/billing/accounts?sort=-balance")).body);
  const balances = listed.items.map(({ balance }) => balance);
  expect(balances.indexOf("0.5")).toBeGreaterThan(-1);
  expect(listed.items[0]?.balance).toBe("9007199250.000992999");
  expect((await billing("GET", "/billing/summary")).body).toMatchObject({ debt: "0", openInvoices: 0 });
});

test("a customer sees and pays for its own account; others are not there, and credit is not its to move", async () => {
  const other = await dashboard.createAccount("Other");
  await move({ kind: "top_up", amount: "5", reason: "cash" });
  const customer = await dashboard.signIn("member", accountId);
  expect((await customer("GET", `/accounts/${accountId}/balance`)).body).toMatchObject({ balance: "5" });
  const own = ledgerPageSchema.parse((await customer("GET", `/accounts/${accountId}/ledger`)).body);
  expect(own.items).toMatchObject([{ amount: "5", author: null }]);
  expect((await customer("GET", "/billing/accounts")).body).toMatchObject({ total: 1, items: [{ accountId }] });

  const setting = { below: "5", amount: "25", dayMax: "100" };
  const others: [Parameters<typeof customer>[0], string, object?][] = [
    ["GET", "balance"],
    ["GET", "ledger"],
    ["GET", "auto-top-up"],
    ["PUT", "auto-top-up", setting],
    ["DELETE", "auto-top-up"],
    ["POST", "checkout", { amount: "5" }],
    ["GET", "buyer"],
    ["GET", "statements/2026-01"],
    ["GET", "statements/2026-01/pdf"],
  ];
  for (const [method, path, body] of others) {
    expect([path, (await customer(method, `/accounts/${other}/${path}`, body)).status]).toEqual([path, 404]);
  }
  const refused: [Parameters<typeof customer>[0], string, object?][] = [
    ["POST", `/accounts/${accountId}/credit`, { kind: "gift", amount: "5", reason: "me" }],
    ["PUT", `/accounts/${accountId}/buyer`, {}],
    ["GET", "/billing/summary"],
    ["GET", "/seller"],
    ["PUT", "/seller", {}],
    ["POST", "/ledger-checks"],
    ["GET", "/ledger-checks/latest"],
    ["POST", "/invoice-runs", { month: "2026-01", dryRun: true }],
    ["GET", "/prices"],
    ["POST", "/prices", {}],
    ["POST", "/reratings", {}],
  ];
  for (const [method, path, body] of refused) {
    expect([path, (await customer(method, path, body)).status]).toEqual([path, 403]);
  }
});

test("a script of a customer reads its own account and nothing that concerns all", async () => {
  const script = await dashboard.withToken("member", accountId);
  expect((await script("GET", `/accounts/${accountId}/balance`)).status).toBe(200);
  expect((await script("GET", "/billing/summary")).status).toBe(403);
  expect((await script("GET", "/ledger-checks/latest")).status).toBe(403);
});

test("a viewer sees and moves nothing", async () => {
  const viewer = await dashboard.signIn("viewer");
  expect((await viewer("GET", `/accounts/${accountId}/ledger`)).status).toBe(200);
  expect((await viewer("POST", `/accounts/${accountId}/credit`, {})).status).toBe(403);
  expect((await viewer("POST", `/accounts/${accountId}/checkout`, { amount: "5" })).status).toBe(403);
  expect((await viewer("POST", "/ledger-checks")).status).toBe(403);
});

test("a customer adds credit on a page of Stripe's, for whole cents, and is brought back to its own page", async () => {
  const customer = await dashboard.signIn("member", accountId);
  const page = await customer("POST", `/accounts/${accountId}/checkout`, { amount: "12.50", saveMethod: true });
  expect(page.body).toMatchObject({ url: expect.stringContaining("https://checkout.example/") });
  expect(stripe.calls.at(-1)?.fields).toMatchObject({
    client_reference_id: accountId,
    "line_items[0][price_data][unit_amount]": "1250",
    success_url: `http://localhost:8788/billing/accounts/${accountId}`,
  });
  expect(await lastEntry()).toMatchObject({ action: "credit.checkout", after: { amount: "12.50" } });
  expect((await customer("POST", `/accounts/${accountId}/checkout`, { amount: "0.001" })).status).toBe(400);
  expect((await ledger()).items).toEqual([]);
});

test("automatic top-ups are set, read and switched off", async () => {
  const path = `/accounts/${accountId}/auto-top-up`;
  expect((await billing("GET", path)).body).toMatchObject({ state: "off", setting: null, methodSaved: false });
  const set = await billing("PUT", path, { below: "5", amount: "25.50", dayMax: "51" });
  expect(set.body).toMatchObject({ state: "on", setting: { below: "5", amount: "25.5", dayMax: "51" } });
  expect(await lastEntry()).toMatchObject({ action: "credit.auto_top_up" });
  expect((await billing("PUT", path, { below: "5", amount: "25", dayMax: "24.99" })).status).toBe(400);
  expect((await billing("DELETE", path)).body).toMatchObject({ state: "off", setting: null });
  const postpaid = await dashboard.createAccount("Later", "postpaid");
  const refused = await billing("PUT", `/accounts/${postpaid}/auto-top-up`, { below: "5", amount: "25", dayMax: "25" });
  expect(refused.status).toBe(409);
});

test("where payments are not set up, it says so, and what to set", async () => {
  const owner = await withoutPayments.signIn("owner");
  const own = await withoutPayments.createAccount("Acme");
  expect((await owner("GET", "/billing/settings")).body).toEqual({ stripe: false, seller: false });
  const refused = await owner("POST", `/accounts/${own}/checkout`, { amount: "5" });
  expect(refused.status).toBe(409);
  expect(JSON.stringify(refused.body)).toContain("TERA_DASHBOARD_STRIPE_KEY");
});

test("who sells and who buys is said exactly, and each change is in the audit log", async () => {
  const seller = {
    name: "Terawatt GmbH",
    address: "Straße 1\n10115 Berlin",
    taxId: "DE123456789",
    email: "billing@example.com",
    paymentNote: null,
    taxRatePercent: "7.25",
    dueDays: 14,
  };
  expect((await billing("PUT", "/seller", seller)).body).toEqual(seller);
  expect((await billing("GET", "/seller")).body).toMatchObject({ seller });
  const buyer = {
    name: "Łódź Research",
    address: null,
    taxId: null,
    email: null,
    taxRatePercent: "0",
    lowBalance: "2.5",
  };
  expect((await billing("PUT", `/accounts/${accountId}/buyer`, buyer)).body).toEqual(buyer);
  expect(await lastEntry()).toMatchObject({
    action: "invoice.buyer",
    before: { name: null, taxRatePercent: null },
    after: { name: "Łódź Research", taxRatePercent: "0" },
  });
  expect((await billing("PUT", `/accounts/${accountId}/buyer`, { ...buyer, taxRatePercent: "101" })).status).toBe(400);
});

test("a check of the ledger names each invariant and whether it holds, for whom may see", async () => {
  const checked = await billing("POST", "/ledger-checks");
  expect(checked.body).toMatchObject({ state: "done", error: null });
  const latest = (await billing("GET", "/ledger-checks/latest")).body;
  expect(latest).toMatchObject({
    check: {
      result: {
        invariants: [
          { number: 1, status: "holds", findings: [] },
          { number: 2, status: "holds" },
          { number: 3, status: "holds" },
          { number: 4, status: "holds" },
          { number: 5, status: "holds" },
          { number: 6, status: "skipped" },
          { number: 8, status: "holds" },
        ],
      },
    },
  });
});
