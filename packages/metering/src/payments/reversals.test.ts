/** Money that goes back after it was booked: refunds and disputes, in whatever order they are told. */
import { autoTopUp, ledgerEntry, ledgerTransaction } from "@tera/database";
import { disputeOf, paidIntent, refundOf } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startPaymentWorld, usd, webhookSecret } from "../../testing/payment-world.ts";
import { checkLedger } from "../check-ledger.ts";
import { createCreditStore } from "../credit-store.ts";
import { collectDebts } from "../debt.ts";
import { createAutoTopUpStore } from "./auto-top-up-store.ts";
import { openStripe } from "./open-stripe.ts";
import { PaymentProviderError } from "./payment-provider.ts";
import { receivePayment } from "./receive-payment.ts";

const world = await startPaymentWorld();
const { db, stripe, ledger, receive } = world;
afterAll(() => world.close());

let accountId = "";
let paymentId = "";
beforeEach(async () => {
  accountId = await world.addAccount();
  paymentId = `pi_${accountId}`;
});

const intent = () => paidIntent(paymentId, 2_500, { tera_account: accountId });
const pay = () => receive("payment_intent.succeeded", intent());
const use = (usdUsed: bigint) =>
  ledger.adjust({ accountId, amountNano: -usdUsed * usd, author: "test", reason: "used" });
const refund = (status: string, id = "re_1") => refundOf(paymentId, `${id}_${accountId}`, 2_500, status);
const dispute = (status: string, moved: readonly number[] = []) =>
  disputeOf(paymentId, `du_${accountId}`, 2_500, status, moved);
const state = async () => ({ balance: await world.balance(accountId), debt: await world.debt(accountId) });
const collect = () => collectDebts(db, { author: "test", accountsMax: 1_000, signal: new AbortController().signal });
const booked = (...debts: bigint[]) => debts.map((debtUsd) => ({ outcome: "booked", debtNano: debtUsd * usd }));

describe("a refund", () => {
  test("takes what is left, leaves what was used as a debt, and is booked once by however many events", async () => {
    await pay();
    await use(20n);
    expect(await receive("refund.created", refund("succeeded"))).toEqual(booked(20n));
    expect(await receive("refund.updated", refund("succeeded"))).toEqual([{ outcome: "booked_before" }]);
    expect(await receive("charge.refund.updated", refund("succeeded"))).toEqual([{ outcome: "booked_before" }]);
    expect(await state()).toEqual({ balance: 0n, debt: 20n * usd });
  });

  test("is booked when it has succeeded, not while it is pending", async () => {
    await pay();
    expect(await receive("refund.created", refund("pending"))).toEqual([]);
    expect(await state()).toEqual({ balance: 25n * usd, debt: 0n });
    expect(await receive("refund.updated", refund("succeeded"))).toEqual(booked(0n));
    expect(await state()).toEqual({ balance: 0n, debt: 0n });
  });

  test("that fails later gives the credit back, and pays the debt that it made", async () => {
    await pay();
    await use(20n);
    await receive("refund.created", refund("succeeded"));
    const failed = { ...refund("failed"), failure_reason: "expired_or_canceled_card" };
    expect(
      (await Promise.all([1, 2, 3].map(() => receive("refund.failed", failed))))
        .flat()
        .map((each) => each.outcome)
        .toSorted(),
    ).toEqual(["booked", "booked_before", "booked_before"]);
    expect(await state()).toEqual({ balance: 5n * usd, debt: 0n });
    const [last] = await ledger.list({ accountId, limit: 1 });
    expect(last).toMatchObject({ kind: "refund", author: "stripe" });
    expect(last?.reason).toContain("failed: expired_or_canceled_card");
  });

  test("whose failure is told before its success is not taken", async () => {
    await pay();
    expect(await receive("refund.failed", refund("failed"))).toEqual(booked(0n));
    expect(await receive("refund.created", refund("succeeded"))).toEqual([{ outcome: "booked_before" }]);
    expect(await state()).toEqual({ balance: 25n * usd, debt: 0n });
  });

  test("told before its payment books the payment first", async () => {
    stripe.objects.set(paymentId, intent());
    expect(await receive("refund.created", refund("succeeded"))).toEqual(booked(0n));
    expect(await pay()).toEqual([{ outcome: "booked_before" }]);
    expect(await state()).toEqual({ balance: 0n, debt: 0n });
  });

  test("of a payment of nobody here is passed over", async () => {
    stripe.objects.set(paymentId, { ...intent(), metadata: {} });
    expect(await receive("refund.created", refund("succeeded"))).toEqual([{ outcome: "unknown" }]);
    expect(await receive("refund.created", refundOf("pi_nobody_knows", "re_x", 100, "succeeded"))).toEqual([
      { outcome: "unknown" },
    ]);
  });

  test("of an unknown payment is not passed over while Stripe cannot be asked", async () => {
    const away = await openStripe({ apiKey: "sk_test_1", webhookSecret, apiUrl: "http://127.0.0.1:9" });
    const [event] = await world.read("refund.created", refund("succeeded"));
    if (event === undefined) throw new Error("the event was not read");
    await expect(receivePayment(db, away, event)).rejects.toThrow(PaymentProviderError);
  });

  test("told as a refunded charge is looked up, each refund once", async () => {
    await pay();
    const half = (id: string) => ({ ...refund("succeeded", id), amount: 1_000 });
    stripe.objects.set("re_a", half("re_a"));
    stripe.objects.set("re_b", half("re_b"));
    await receive("refund.created", half("re_a"));
    const told = await receive("charge.refunded", { id: "ch_1", object: "charge", payment_intent: paymentId });
    expect(told.map(({ outcome }) => outcome)).toEqual(["booked_before", "booked"]);
    expect(await state()).toEqual({ balance: 5n * usd, debt: 0n });
  });
});

describe("a dispute", () => {
  test("that is only an inquiry moves nothing", async () => {
    await pay();
    expect(await receive("charge.dispute.created", dispute("warning_needs_response"))).toEqual([
      { outcome: "nothing" },
    ]);
    expect(await receive("charge.dispute.closed", dispute("warning_closed"))).toEqual([{ outcome: "nothing" }]);
    expect(await state()).toEqual({ balance: 25n * usd, debt: 0n });
  });

  test("takes the credit when funds are withdrawn, without Stripe's fee, and says why in the ledger", async () => {
    await pay();
    const withdrawn = dispute("needs_response", [-2_500]);
    expect(await receive("charge.dispute.created", withdrawn)).toEqual(booked(0n));
    expect(await receive("charge.dispute.funds_withdrawn", withdrawn)).toEqual([{ outcome: "booked_before" }]);
    expect(await receive("charge.dispute.closed", dispute("lost", [-2_500]))).toEqual([{ outcome: "booked_before" }]);
    expect(await state()).toEqual({ balance: 0n, debt: 0n });
    const [last] = await ledger.list({ accountId, limit: 1 });
    expect(last).toMatchObject({
      kind: "dispute",
      author: "stripe",
      reason: `Dispute du_${accountId} of ${paymentId} (fraudulent): funds withdrawn`,
      entries: [
        { book: "credit", amountNano: -25n * usd },
        { book: "cash", amountNano: 25n * usd },
      ],
    });
  });

  test("that is won gives back what it took, and pays the debt for what was used", async () => {
    await pay();
    await use(20n);
    await receive("charge.dispute.funds_withdrawn", dispute("needs_response", [-2_500]));
    expect(await state()).toEqual({ balance: 0n, debt: 20n * usd });
    const won = dispute("won", [-2_500, 2_500]);
    await Promise.all([
      receive("charge.dispute.funds_reinstated", won),
      receive("charge.dispute.closed", won),
      receive("charge.dispute.updated", won),
    ]);
    expect(await state()).toEqual({ balance: 5n * usd, debt: 0n });
  });

  test("whose end is told first comes to the same, and its beginning, told later, moves nothing", async () => {
    await pay();
    await use(20n);
    expect(await receive("charge.dispute.closed", dispute("won", [-2_500, 2_500]))).toEqual(booked(20n));
    expect(await receive("charge.dispute.funds_withdrawn", dispute("needs_response", [-2_500]))).toEqual([
      { outcome: "booked_before" },
    ]);
    expect(await receive("charge.dispute.created", dispute("needs_response"))).toEqual([{ outcome: "nothing" }]);
    expect(await state()).toEqual({ balance: 5n * usd, debt: 0n });
  });

  test("of a payment that was never told books the payment too", async () => {
    stripe.objects.set(paymentId, intent());
    await receive("charge.dispute.funds_withdrawn", dispute("needs_response", [-2_500]));
    expect(await state()).toEqual({ balance: 0n, debt: 0n });
    expect((await ledger.list({ accountId, limit: 9 })).map(({ kind }) => kind)).toEqual(["dispute", "top_up"]);
  });
});

describe("a debt", () => {
  test("is paid first by whatever comes: a payment, a payment by hand, a gift", async () => {
    await pay();
    await use(25n);
    await receive("refund.created", refund("succeeded"));
    await receive("payment_intent.succeeded", paidIntent(`${paymentId}_b`, 1_000, { tera_account: accountId }));
    expect(await state()).toEqual({ balance: 0n, debt: 15n * usd });
    await ledger.adjust({ accountId, amountNano: 5n * usd, author: "test", reason: "forgiven" });
    expect(await state()).toEqual({ balance: 0n, debt: 10n * usd });
    await ledger.topUp({ accountId, amountNano: 12n * usd, author: "test", reason: "bank" });
    expect(await state()).toEqual({ balance: 2n * usd, debt: 0n });
  });

  test("takes what gateways held in leases once they give it back, and once only", async () => {
    await pay();
    const credit = createCreditStore({ db });
    const wish = { purseId: accountId, leaseId: `lease_${accountId}`, gatewayId: "g1" };
    await credit.take({ ...wish, neededNano: 20n * usd, wantedNano: 20n * usd });
    await receive("charge.dispute.funds_withdrawn", dispute("needs_response", [-2_500]));
    expect(await state()).toEqual({ balance: 20n * usd, debt: 20n * usd });
    expect(await collect()).toEqual({ accounts: 0, collectedNano: 0n });
    await credit.giveBack(wish.leaseId, undefined);
    const collected = await Promise.all([collect(), collect(), collect()]);
    expect(collected.reduce((sum, { collectedNano }) => sum + collectedNano, 0n)).toBe(20n * usd);
    expect(await state()).toEqual({ balance: 0n, debt: 0n });
  });
});

test("what is taken back pauses automatic top-ups: the card would be charged again at once", async () => {
  const store = createAutoTopUpStore({ db });
  await pay();
  await store.set(accountId, { thresholdNano: 2n * usd, amountNano: 25n * usd, dayMaxNano: 50n * usd });
  await receive("charge.dispute.funds_withdrawn", dispute("needs_response", [-2_500]));
  const [paused] = await db.select().from(autoTopUp).where(eq(autoTopUp.accountId, accountId));
  expect(paused?.pauseReason).toContain("funds withdrawn");
  // Set anew by somebody who knows: the same dispute, told again, changes nothing.
  await store.set(accountId, { thresholdNano: 2n * usd, amountNano: 25n * usd, dayMaxNano: 50n * usd });
  await receive("charge.dispute.updated", dispute("under_review", [-2_500]));
  expect((await store.find(accountId)).setting?.pausedAt).toBeNull();
});

test("after all of this the ledger adds up", async () => {
  expect(await checkLedger({ db })).toEqual([]);
  const books = await db.select().from(ledgerEntry).where(eq(ledgerEntry.book, "debt"));
  expect(books.length).toBeGreaterThan(5);
  expect((await db.select().from(ledgerTransaction)).length).toBeGreaterThan(30);
});
