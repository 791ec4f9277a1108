/** Payments on a real Postgres, with a stand-in for Stripe's API and events that Stripe's own package signs. */
import { ledgerTransaction } from "@tera/database";
import { paidIntent } from "@tera/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startPaymentWorld, usd, webhookSecret } from "../../testing/payment-world.ts";
import { checkLedger } from "../check-ledger.ts";
import { openStripe } from "./open-stripe.ts";
import { PaymentProviderError } from "./payment-provider.ts";

const world = await startPaymentWorld();
const { db, stripe, provider, receive } = world;
afterAll(() => world.close());

let accountId = "";
beforeEach(async () => {
  accountId = await world.addAccount();
  stripe.calls.length = 0;
});
const intent = (id: string, more: Record<string, unknown> = {}) => ({
  ...paidIntent(id, 2_500, { tera_account: accountId }),
  ...more,
});

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
  expect(
    told
      .flat()
      .map(({ outcome }) => outcome)
      .toSorted(),
  ).toEqual(["booked", ...Array.from({ length: 4 }, () => "booked_before")]);
  expect(await world.balance(accountId)).toBe(25n * usd);
});

test("payments that are not ours, or were not paid, are not booked", async () => {
  expect(await receive("payment_intent.succeeded", intent("pi_a", { metadata: {} }))).toEqual([]);
  expect(await receive("payment_intent.succeeded", intent("pi_b", { status: "processing" }))).toEqual([]);
  expect(await receive("payment_intent.succeeded", intent("pi_c", { metadata: { tera_account: "acct_x" } }))).toEqual([
    { outcome: "unknown" },
  ]);
});

test("a payment of ours in another currency is not booked, and is not passed over in silence", async () => {
  expect(await receive("payment_intent.succeeded", intent("pi_eur", { currency: "eur" }))).toEqual([
    { outcome: "unbookable", accountId, reason: "It is in EUR, not in USD." },
  ]);
  expect(await world.balance(accountId)).toBe(0n);
});

test("an empty webhook secret is refused", async () => {
  await expect(openStripe({ apiKey: "sk_test_1", webhookSecret: "" })).rejects.toThrow("empty");
});

test("a provider that cannot be reached says so, and books nothing", async () => {
  const away = await openStripe({ apiKey: "sk_test_1", webhookSecret, apiUrl: "http://127.0.0.1:9" });
  await expect(
    away.createCheckout({ accountId, amountNano: usd, saveMethod: false, returnUrl: "https://x.example/" }),
  ).rejects.toThrow(PaymentProviderError);
});

test("after all of this the ledger adds up", async () => {
  expect(await checkLedger({ db })).toEqual([]);
  expect((await db.select().from(ledgerTransaction)).length).toBeGreaterThan(0);
});
