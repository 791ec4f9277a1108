/** What is believed of Stripe's events, and what is answered to the others. */
import { disputeOf, paidIntent, refundOf, signStripeBody, signStripeEvent } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { startPaymentWorld, webhookSecret } from "../../testing/payment-world.ts";
import { PaymentEventRefusedError, PaymentEventUnreadableError } from "./payment-provider.ts";

const world = await startPaymentWorld();
const { provider, read } = world;
afterAll(() => world.close());

const intent = paidIntent("pi_1", 2_500, { tera_account: "acct_1" });
const signed = signStripeEvent(webhookSecret, "payment_intent.succeeded", intent);
const longAgoS = Math.floor(Date.now() / 1_000) - 3_600;
const old = signStripeEvent(webhookSecret, "payment_intent.succeeded", intent, { timestampS: longAgoS });

test.each([
  { what: "has no signature", body: signed.body, signature: undefined, says: "has no signature" },
  {
    what: "is signed with another secret",
    body: signed.body,
    signature: signStripeEvent("whsec_other", "payment_intent.succeeded", intent).signature,
    says: "does not fit",
  },
  {
    what: "was changed after it was signed",
    body: signed.body.replace("2500", "9900"),
    signature: signed.signature,
    says: "does not fit",
  },
  { what: "carries no signature that can be read", body: signed.body, signature: "v0=1", says: "does not fit" },
  { what: "was signed long ago", body: old.body, signature: old.signature, says: "more than 5 minutes ago" },
  {
    what: "was signed long ago with another secret",
    body: old.body,
    signature: signStripeBody("whsec_other", old.body, longAgoS),
    says: "does not fit",
  },
])("an event that $what is refused, and told why", async ({ body, signature, says }) => {
  const answer = provider.readEvent(Buffer.from(body), signature);
  await expect(answer).rejects.toThrow(PaymentEventRefusedError);
  await expect(answer).rejects.toThrow(says);
});

test("events of types that do not concern Tera are read as nothing, whatever is in them", async () => {
  expect(await read("customer.created", { id: "cus_1" })).toEqual([]);
  expect(await read("a.type.that.comes.later", {}, { apiVersion: "2031-01-01.future" })).toEqual([]);
});

test("an object of another API version is read when the fields that are needed are there", async () => {
  const { status, currency, amount_received, metadata, id } = intent;
  const spare = { id, status, currency, amount_received, metadata, charges: { object: "list", data: [] } };
  expect(await read("payment_intent.succeeded", spare, { apiVersion: "2019-02-19" })).toMatchObject([
    { type: "paid", paymentId: "pi_1", amountNano: 25_000_000_000n },
  ]);
});

test.each([
  { type: "payment_intent.succeeded", object: { ...intent, amount_received: "25.00" }, says: "amount_received" },
  { type: "refund.updated", object: { ...refundOf("pi_1", "re_1", 100, "succeeded"), amount: null }, says: "amount" },
  {
    type: "charge.dispute.created",
    object: { ...disputeOf("pi_1", "du_1", 100, "lost"), balance_transactions: undefined },
    says: "balance_transactions",
  },
])(
  "a $type of an API version in which it looks otherwise is not guessed at: the answer names the version to set",
  async ({ type, object, says }) => {
    const answer = read(type, object, { apiVersion: "2031-01-01.future" });
    await expect(answer).rejects.toThrow(PaymentEventUnreadableError);
    await expect(answer).rejects.toThrow(`of API version 2031-01-01.future cannot be read (${says})`);
    await expect(answer).rejects.toThrow(/give the endpoint the version \d{4}-/);
  },
);

test.each([
  { what: "a thin event", body: JSON.stringify({ id: "evt_1", object: "v2.core.event", type: "v1.refund.created" }) },
  { what: "no JSON", body: "<event/>" },
])("a body that is signed and $what is told apart from a wrong signature", async ({ body }) => {
  const answer = provider.readEvent(Buffer.from(body), signStripeBody(webhookSecret, body));
  await expect(answer).rejects.toThrow(PaymentEventUnreadableError);
});

test("disputes are read in the payment's currency, also where Stripe pays out in another", async () => {
  const dispute = disputeOf("pi_1", "du_1", 2_500, "won", [-2_311, 2_309]);
  const inEuro = {
    ...dispute,
    balance_transactions: dispute.balance_transactions.map((each) => ({ ...each, currency: "eur" })),
  };
  expect(await read("charge.dispute.closed", inEuro)).toMatchObject([
    { type: "dispute", movements: [{ amountNano: -25_000_000_000n }, { amountNano: 25_000_000_000n }] },
  ]);
});

test("a charge of ours that was canceled in Stripe is one that was refused, and not worth another try", async () => {
  const canceled = { ...intent, status: "canceled", metadata: { tera_account: "acct_1", tera_charge: "charge_1" } };
  expect(await read("payment_intent.canceled", canceled)).toMatchObject([
    { type: "refused", chargeId: "charge_1", isWorthRetrying: false },
  ]);
  expect(await read("payment_intent.canceled", intent)).toEqual([]);
});
