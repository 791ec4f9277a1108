/** What the runs around payments do and tell: refused top-ups, disputes, debts. */
import { account, connectDatabase, notice } from "@tera/database";
import {
  createAutoTopUpStore,
  createLedgerStore,
  createPartyStore,
  openStripe,
  readDebt,
  receivePayment,
} from "@tera/metering";
import { createTestDatabase, disputeOf, paidIntent, signStripeEvent, startFakeStripe } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, test } from "vitest";
import { createNoticeStore } from "../notices/notice-store.ts";
import { createAutoTopUpRun } from "./auto-top-up-run.ts";
import { createDebtsRun } from "./debts.ts";
import { createLowBalanceNotices } from "./low-balance-notices.ts";

const secret = "whsec_of_a_test";
const [testDatabase, stripe] = await Promise.all([createTestDatabase(), startFakeStripe()]);
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
const provider = await openStripe({ apiKey: "sk_test_1", webhookSecret: secret, apiUrl: stripe.url });
const noticeStore = createNoticeStore({ db });
const store = createAutoTopUpStore({ db });
const ledger = createLedgerStore({ db });
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const signal = new AbortController().signal;
const usd = 1_000_000_000n;
afterAll(async () => {
  await database.close();
  await Promise.all([testDatabase.drop(), stripe.close()]);
});

const topUps = createAutoTopUpRun({ db, provider, noticeStore, log });
const lowBalances = createLowBalanceNotices({ db, noticeStore });
const debts = createDebtsRun({ db, author: "gateway:g1", noticeStore });
const setting = { thresholdNano: 5n * usd, amountNano: 10n * usd, dayMaxNano: 50n * usd };
const noMoney = { message: "No money.", code: "card_declined", decline_code: "insufficient_funds" };

let accounts = 0;
let accountId = "";
/** With $1, a saved card, and a notice below $5. */
beforeEach(async () => {
  await db.delete(notice);
  accountId = `acct_${++accounts}`;
  await db.insert(account).values({ id: accountId, name: "Buyer", kind: "prepaid" });
  await createPartyStore({ db }).setBuyer(accountId, { lowBalanceNano: 5n * usd });
  const saving = paidIntent(`pi_${accountId}`, 100, { tera_account: accountId });
  await receive("payment_intent.succeeded", {
    ...saving,
    customer: "cus_1",
    payment_method: "pm_1",
    setup_future_usage: "off_session",
  });
});

async function receive(type: string, object: Record<string, unknown>): Promise<void> {
  const { body, signature } = signStripeEvent(secret, type, object);
  for (const event of await provider.readEvent(Buffer.from(body), signature)) await receivePayment(db, provider, event);
}
async function told(type: string) {
  const rows = await db.select().from(notice).where(eq(notice.type, type)).orderBy(notice.createdAt);
  return rows.map(({ payload }) => payload).filter((payload) => JSON.stringify(payload).includes(`"${accountId}"`));
}

test("a low balance says how automatic top-ups are doing, and is told again when one was refused", async () => {
  await lowBalances.work(signal);
  expect(await told("balance.low")).toMatchObject([{ balance: "1", autoTopUp: null }]);
  await store.set(accountId, setting);
  stripe.nextCharges.push(noMoney);
  await topUps.work(signal);
  await lowBalances.work(signal);
  await lowBalances.work(signal);
  expect(await told("balance.low")).toMatchObject([
    { autoTopUp: null },
    { autoTopUp: { state: "retrying", reason: "No money.", retryAt: expect.stringMatching(/^\d{4}-/) } },
  ]);
  expect(await told("top_up.failed")).toMatchObject([{ accountId, reason: "No money.", state: "retrying" }]);
  await store.clear(accountId);
});

test("a refusal is told once, also when Stripe's webhook is faster than its answer", async () => {
  await store.set(accountId, setting);
  stripe.nextCharges.push("processing");
  await topUps.work(signal);
  const charge = (await store.find(accountId)).lastCharge;
  await receive("payment_intent.payment_failed", {
    ...paidIntent("pi_refused", 1_000, { tera_account: accountId, tera_charge: charge?.id ?? "" }),
    status: "requires_payment_method",
    last_payment_error: { message: "Confirm it.", code: "authentication_required" },
  });
  await topUps.work(signal);
  await topUps.work(signal);
  expect(await told("top_up.failed")).toMatchObject([{ chargeId: charge?.id, state: "paused", retryAt: null }]);
});

test("a dispute is told once for each movement of money, with the debt that it made and paid", async () => {
  await ledger.adjust({ accountId, amountNano: -1n * usd, author: "test", reason: "used" });
  const dispute = (status: string, moved: readonly number[]) =>
    disputeOf(`pi_${accountId}`, `du_${accountId}`, 100, status, moved);
  await receive("charge.dispute.funds_withdrawn", dispute("needs_response", [-100]));
  expect(await debts.work(signal)).toMatchObject({ accounts: 0, collected: "0", told: 1 });
  expect(await debts.work(signal)).toMatchObject({ told: 0 });
  await receive("charge.dispute.closed", dispute("won", [-100, 100]));
  expect(await debts.work(signal)).toMatchObject({ told: 1 });
  expect(await told("payment.disputed")).toMatchObject([
    { accountId, withdrawn: "1", debt: "1", reason: expect.stringContaining("fraudulent") },
    { accountId, withdrawn: "-1", debt: "-1", reason: expect.stringContaining("won") },
  ]);
  expect(await readDebt(db, accountId)).toBe(0n);
});
