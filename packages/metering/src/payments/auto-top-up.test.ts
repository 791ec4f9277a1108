/** Automatic top-ups on a real Postgres whose clock the test sets, with a stand-in for Stripe's API. */
import { installTestClock, type TestClock } from "@tera/database/testing";
import { type Decline, paidIntent } from "@tera/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startPaymentWorld, usd } from "../../testing/payment-world.ts";
import { checkLedger } from "../check-ledger.ts";
import { runAutoTopUp } from "./auto-top-up.ts";
import { createAutoTopUpStore } from "./auto-top-up-store.ts";

const clocks: TestClock[] = [];
const world = await startPaymentWorld(async (url) => {
  clocks.push(await installTestClock(url));
});
const { db, stripe, provider, ledger, receive } = world;
const store = createAutoTopUpStore({ db });
afterAll(() => world.close());

const begin = new Date("2026-11-10T00:00:00Z");
const goTo = (hours: number) => clocks[0]?.set(new Date(begin.getTime() + hours * 3_600_000));
const cent = 10_000_000n;
const setting = { thresholdNano: usd, amountNano: 3n * usd, dayMaxNano: 30n * usd };

let accountId = "";
beforeEach(async () => {
  await goTo(0);
  // Whoever is low is charged: accounts of other tests are not.
  await db.execute("update auto_top_up set paused_at = clock_timestamp()");
  accountId = await world.addAccount();
  stripe.calls.length = 0;
  await receive("payment_intent.succeeded", {
    ...paidIntent(`pi_save_${accountId}`, 1, { tera_account: accountId }),
    customer: "cus_1",
    payment_method: "pm_1",
    setup_future_usage: "off_session",
  });
});

const run = () => runAutoTopUp(db, provider, new AbortController().signal);
const balance = () => world.balance(accountId);
const states = async () => (await world.charges(accountId)).map(({ state }) => state);
const found = async () => (await store.find(accountId)).setting;
const noMoney: Decline = {
  message: "Your card has insufficient funds.",
  code: "card_declined",
  decline_code: "insufficient_funds",
};

test("an account below its threshold is topped up once, whoever looks, and within its day's bound", async () => {
  await store.set(accountId, { thresholdNano: 2n * usd, amountNano: 3n * usd, dayMaxNano: 6n * usd });
  const use = () => ledger.adjust({ accountId, amountNano: -3n * usd, author: "test", reason: "used" });
  await Promise.all([run(), run(), run()]);
  expect(await balance()).toBe(3n * usd + cent);
  await use();
  await Promise.all([run(), run()]);
  expect(await balance()).toBe(3n * usd + cent);
  await use();
  await run();
  expect(await balance()).toBe(cent);
  expect(await states()).toEqual(["succeeded", "succeeded"]);
});

test("a charge whose answer was lost is asked again with its key, and paid once", async () => {
  await store.set(accountId, setting);
  stripe.nextCharges.push("broken", "lost");
  expect(await run()).toMatchObject({ open: 1 });
  await run();
  await run();
  expect(await balance()).toBe(3n * usd + cent);
  const [charge] = await world.charges(accountId);
  expect(charge?.state).toBe("succeeded");
  expect(stripe.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([charge?.id]);
});

test("a charge that the webhook tells of first is not booked again by its answer", async () => {
  await store.set(accountId, setting);
  stripe.nextCharges.push("processing");
  expect(await run()).toMatchObject({ open: 1, paid: 0 });
  const [charge] = await world.charges(accountId);
  const metadata = { tera_account: accountId, tera_charge: charge?.id ?? "" };
  expect(await receive("payment_intent.succeeded", paidIntent(`pi_told_${accountId}`, 300, metadata))).toEqual([
    { outcome: "booked" },
  ]);
  expect(await run()).toMatchObject({ open: 0, paid: 0 });
  expect(await balance()).toBe(3n * usd + cent);
});

test("a card without money is tried again after 1, 6 and 24 hours, then no more until somebody sets it anew", async () => {
  await store.set(accountId, setting);
  stripe.nextCharges.push(noMoney, noMoney, noMoney, noMoney);
  const tries: number[] = [];
  for (let hours = 0; hours <= 72; hours += 0.5) {
    await goTo(hours);
    const { failed } = await run();
    if (failed.length > 0) tries.push(hours);
  }
  const waits = tries.slice(1).map((hours, index) => Math.floor(hours - (tries[index] ?? 0)));
  expect(waits).toEqual([1, 6, 24]);
  expect(await found()).toMatchObject({ refusals: 4, pauseReason: noMoney.message });
  // Each try is a charge of its own: the same key would only bring the same answer.
  expect(new Set(stripe.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(4);
  await store.set(accountId, setting);
  expect((await run()).paid).toBe(1);
  expect(await found()).toMatchObject({ refusals: 0, pausedAt: null, retryAt: null });
});

test("a card that is taken again begins anew", async () => {
  await store.set(accountId, setting);
  stripe.nextCharges.push(noMoney);
  await run();
  expect(await found()).toMatchObject({ refusals: 1, pausedAt: null, retryAt: expect.any(Date) });
  await goTo(0.5);
  expect((await run()).paid).toBe(0);
  await goTo(1.5);
  expect((await run()).paid).toBe(1);
  expect(await found()).toMatchObject({ refusals: 0, retryAt: null });
});

test.each<{ what: string; decline: Decline; says: string }>([
  {
    what: "wants its owner to confirm",
    decline: {
      message: "Your card was declined. This transaction requires authentication.",
      code: "authentication_required",
      decline_code: "authentication_required",
    },
    says: "must confirm it",
  },
  {
    what: "has expired",
    decline: { message: "Your card has expired.", code: "expired_card" },
    says: "has expired",
  },
  {
    what: "was stolen",
    decline: { message: "Your card was declined.", code: "card_declined", decline_code: "stolen_card" },
    says: "was declined",
  },
  {
    what: "must not be tried again, as its issuer says",
    decline: { ...noMoney, advice_code: "do_not_try_again" },
    says: "insufficient funds",
  },
])("a card that $what is not charged again until somebody sets it anew", async ({ decline, says }) => {
  await store.set(accountId, setting);
  stripe.nextCharges.push(decline);
  expect((await run()).failed).toMatchObject([{ accountId, reason: expect.stringContaining(says) }]);
  await goTo(100);
  await run();
  expect(await states()).toEqual(["failed"]);
  expect((await found())?.pauseReason).toContain(says);
});

test("a refusal that only the webhook tells of counts as one that the answer tells", async () => {
  await store.set(accountId, setting);
  stripe.nextCharges.push("processing");
  await run();
  const [charge] = await world.charges(accountId);
  const refused = {
    ...paidIntent(`pi_refused_${accountId}`, 300, { tera_account: accountId, tera_charge: charge?.id ?? "" }),
    status: "requires_payment_method",
    last_payment_error: noMoney,
  };
  expect(await receive("payment_intent.payment_failed", refused)).toEqual([{ outcome: "booked" }]);
  expect(await receive("payment_intent.payment_failed", refused)).toEqual([{ outcome: "booked_before" }]);
  expect(await found()).toMatchObject({ refusals: 1, pausedAt: null });
  const refusedIds = (await store.listRefused({ maxAgeMs: 60_000, limit: 100 })).map((each) => each.charge.id);
  expect(refusedIds.filter((id) => id === charge?.id)).toHaveLength(1);
});

test("a charge that nobody tells of for a day is given up, and booked all the same should it be told later", async () => {
  await store.set(accountId, setting);
  stripe.nextCharges.push("broken");
  await run();
  const [charge] = await world.charges(accountId);
  await goTo(23.5);
  expect((await run()).failed).toMatchObject([{ reason: expect.stringContaining("did not say within a day") }]);
  expect((await found())?.pausedAt).not.toBeNull();
  const metadata = { tera_account: accountId, tera_charge: charge?.id ?? "" };
  await receive("payment_intent.succeeded", paidIntent(`pi_late_${accountId}`, 300, metadata));
  expect(await states()).toEqual(["succeeded"]);
  expect(await balance()).toBe(3n * usd + cent);
});

test("after all of this the ledger adds up", async () => {
  expect(await checkLedger({ db })).toEqual([]);
});
