/** Payments on a real Postgres, with a stand-in for Stripe's API and events that Stripe's own package signs. */
import { account, autoTopUpCharge, connectDatabase, ledgerTransaction } from "@tera/database";
import { createTestDatabase, signStripeEvent, startFakeStripe } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, test } from "vitest";
import { checkLedger } from "../check-ledger.ts";
import { createLedgerStore } from "../ledger-store.ts";
import { runAutoTopUp } from "./auto-top-up.ts";
import { createAutoTopUpStore } from "./auto-top-up-store.ts";
import { openStripe } from "./open-stripe.ts";
import { PaymentEventRefusedError, PaymentProviderError } from "./payment-provider.ts";
import { receivePayment } from "./receive-payment.ts";

const secret = "whsec_of_a_test";
const [testDatabase, stripe] = await Promise.all([createTestDatabase(), startFakeStripe()]);
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
const provider = await openStripe({ apiKey: "sk_test_1", webhookSecret: secret, apiUrl: stripe.url });
const ledger = createLedgerStore({ db });
const store = createAutoTopUpStore({ db });
const never = new AbortController().signal;
const usd = 1_000_000_000n;
afterAll(async () => {
  await database.close();
  await Promise.all([testDatabase.drop(), stripe.close()]);
});

let accountId = "";
let accounts = 0;
beforeEach(async () => {
  accountId = `acct_${++accounts}`;
  await db.insert(account).values({ id: accountId, name: "Buyer", kind: "prepaid" });
  stripe.calls.length = 0;
});

const balance = async () => (await ledger.balance(accountId))?.balanceNano;
function receive(type: string, object: Record<string, unknown>) {
  const { body, signature } = signStripeEvent(secret, type, object);
  const event = provider.readEvent(Buffer.from(body), signature);
  return event === undefined ? undefined : receivePayment(db, provider.name, event);
}
const intent = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  currency: "usd",
  amount_received: 2_500,
  metadata: { tera_account: accountId },
  customer: "cus_1",
  payment_method: "pm_1",
  setup_future_usage: null,
  ...more,
});
async function saveMethod() {
  await receive(
    "payment_intent.succeeded",
    intent(`pi_save_${accountId}`, { amount_received: 1, setup_future_usage: "off_session" }),
  );
}
const charges = () => db.select().from(autoTopUpCharge).where(eq(autoTopUpCharge.accountId, accountId));
const run = () => runAutoTopUp(db, provider, never);

test("a checkout asks for the amount, and says whose it is", async () => {
  const { url } = await provider.createCheckout({
    accountId,
    amountNano: 25n * usd,
    saveMethod: true,
    returnUrl: "https://console.example/",
  });
  expect(url).toMatch(/^https:\/\/checkout\.example\//);
  expect(stripe.calls[0]).toMatchObject({
    path: "/v1/checkout/sessions",
    fields: {
      mode: "payment",
      "line_items[0][price_data][unit_amount]": "2500",
      "line_items[0][price_data][currency]": "usd",
      "payment_intent_data[metadata][tera_account]": accountId,
      "payment_intent_data[setup_future_usage]": "off_session",
    },
  });
});

test("a payment is booked once, however often and by however many events it is told", async () => {
  const told = await Promise.all(
    Array.from({ length: 5 }, () => receive("payment_intent.succeeded", intent("pi_once"))),
  );
  expect(told.filter((each) => each?.outcome === "booked")).toHaveLength(1);
  expect(await balance()).toBe(25n * usd);
});

test("an event that Stripe did not sign, or signed long ago, or whose body was changed, is refused", () => {
  const { body, signature } = signStripeEvent(secret, "payment_intent.succeeded", intent("pi_forged"));
  const old = signStripeEvent(
    secret,
    "payment_intent.succeeded",
    intent("pi_old"),
    Math.floor(Date.now() / 1_000) - 3_600,
  );
  const other = signStripeEvent("whsec_other", "payment_intent.succeeded", intent("pi_forged"));
  for (const [text, header] of [
    [body, undefined],
    [body, other.signature],
    [body.replace("2500", "9900"), signature],
    [old.body, old.signature],
  ] as const) {
    expect(() => provider.readEvent(Buffer.from(text), header)).toThrow(PaymentEventRefusedError);
  }
});

test("an empty webhook secret is refused", async () => {
  await expect(openStripe({ apiKey: "sk_test_1", webhookSecret: "" })).rejects.toThrow("empty");
});

test("payments of others, in other currencies or without an account of ours, are not booked", async () => {
  expect(await receive("payment_intent.succeeded", intent("pi_a", { metadata: {} }))).toBeUndefined();
  expect(await receive("payment_intent.succeeded", intent("pi_b", { currency: "eur" }))).toBeUndefined();
  expect(await receive("payment_intent.succeeded", intent("pi_c", { metadata: { tera_account: "acct_x" } }))).toEqual({
    outcome: "unknown",
  });
  expect(await receive("customer.created", { id: "cus_1" })).toBeUndefined();
});

test("a refund takes what is left, writes off what was used, and is booked once", async () => {
  await receive("payment_intent.succeeded", intent("pi_back"));
  await ledger.adjust({ accountId, amountNano: -20n * usd, author: "test", reason: "used" });
  const refund = { id: "re_1", status: "succeeded", currency: "usd", amount: 2_500, payment_intent: "pi_back" };
  expect(await receive("refund.created", refund)).toEqual({ outcome: "booked", writtenOffNano: 20n * usd });
  expect(await receive("refund.updated", refund)).toEqual({ outcome: "booked_before" });
  expect(await balance()).toBe(0n);
  expect(await receive("refund.created", { ...refund, id: "re_2", payment_intent: "pi_unknown" })).toEqual({
    outcome: "unknown",
  });
});

test("an account below its threshold is topped up once, whoever looks, and within its day's bound", async () => {
  await saveMethod();
  await store.set(accountId, { thresholdNano: 2n * usd, amountNano: 3n * usd, dayMaxNano: 6n * usd });
  const use = () => ledger.adjust({ accountId, amountNano: -3n * usd, author: "test", reason: "used" });
  await Promise.all([run(), run(), run()]);
  expect(await balance()).toBe(3n * usd + 10_000_000n);
  await use();
  await Promise.all([run(), run()]);
  expect(await balance()).toBe(3n * usd + 10_000_000n);
  await use();
  await run();
  expect(await balance()).toBe(10_000_000n);
  expect((await charges()).map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
});

test("a charge whose answer was lost is asked again with its key, and paid once", async () => {
  await saveMethod();
  await store.set(accountId, { thresholdNano: usd, amountNano: 3n * usd, dayMaxNano: 9n * usd });
  stripe.nextCharges.push("broken", "lost");
  expect(await run()).toMatchObject({ open: 1 });
  await run();
  await run();
  expect(await balance()).toBe(3n * usd + 10_000_000n);
  const [charge] = await charges();
  expect(charge?.state).toBe("succeeded");
  expect(stripe.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([charge?.id]);
});

test("a charge that the webhook tells of first is not booked again by its answer", async () => {
  await saveMethod();
  await store.set(accountId, { thresholdNano: usd, amountNano: 25n * usd, dayMaxNano: 25n * usd });
  stripe.nextCharges.push("processing");
  expect(await run()).toMatchObject({ open: 1, paid: 0 });
  const [charge] = await charges();
  const paid = intent(`pi_told_${accountId}`, { metadata: { tera_account: accountId, tera_charge: charge?.id } });
  expect(await receive("payment_intent.succeeded", paid)).toEqual({ outcome: "booked" });
  expect(await run()).toMatchObject({ open: 0, paid: 0 });
  expect(await balance()).toBe(25n * usd + 10_000_000n);
});

test("a method that is refused is not charged again until somebody sets it anew", async () => {
  await saveMethod();
  const setting = { thresholdNano: usd, amountNano: 3n * usd, dayMaxNano: 30n * usd };
  await store.set(accountId, setting);
  stripe.nextCharges.push("declined");
  expect((await run()).failed).toMatchObject([{ accountId, reason: "Your card was declined." }]);
  await run();
  expect(await charges()).toHaveLength(1);
  expect((await store.find(accountId)).setting?.pauseReason).toBe("Your card was declined.");
  await store.set(accountId, setting);
  expect((await run()).paid).toBe(1);
});

test("a provider that cannot be reached says so, and books nothing", async () => {
  const away = await openStripe({ apiKey: "sk_test_1", webhookSecret: secret, apiUrl: "http://127.0.0.1:9" });
  await expect(
    away.createCheckout({ accountId, amountNano: usd, saveMethod: false, returnUrl: "https://x.example/" }),
  ).rejects.toThrow(PaymentProviderError);
});

test("after all of this the ledger adds up", async () => {
  expect(await checkLedger({ db })).toEqual([]);
  expect((await db.select().from(ledgerTransaction)).length).toBeGreaterThan(10);
});
