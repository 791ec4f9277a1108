/** Books what a payment provider tells: payments, refunds, and what became of our own charges. Told twice, it is booked once. */
import { account, autoTopUpCharge, type Db, ledgerTransaction, purse, savedPaymentMethod } from "@tera/database";
import { and, eq, sql } from "drizzle-orm";
import { createLedgerStore } from "../ledger-store.ts";
import { lockPurse, postEntries } from "../post-entries.ts";
import { failCharge } from "./auto-top-up-store.ts";
import type { PaymentEvent } from "./payment-provider.ts";

export type ReceiveResult =
  /** `writtenOffNano`: of a refund, what the account had used up. */
  | { outcome: "booked"; writtenOffNano?: bigint }
  | { outcome: "booked_before" }
  /** Of another installation that shares the provider's account, or of a payment that is not ours. */
  | { outcome: "unknown" };

function paymentReference(provider: string, paymentId: string): string {
  return `${provider}:${paymentId}`;
}

export async function receivePayment(db: Db, provider: string, event: PaymentEvent): Promise<ReceiveResult> {
  if (event.type === "refunded") return bookRefund(db, provider, event);
  if (event.type === "refused") {
    const ended = await failCharge(db, event.chargeId, event.reason);
    return { outcome: ended ? "booked" : "booked_before" };
  }
  return bookPayment(db, provider, event);
}

async function bookPayment(
  db: Db,
  provider: string,
  { accountId, paymentId, amountNano, method, chargeId }: Extract<PaymentEvent, { type: "paid" }>,
): Promise<ReceiveResult> {
  return db.transaction(async (tx) => {
    const [owner] = await tx.select({ id: account.id }).from(account).where(eq(account.id, accountId));
    if (owner === undefined) return { outcome: "unknown" };
    const booked = await createLedgerStore({ db: tx }).topUp({
      accountId,
      amountNano,
      author: provider,
      reason: `${chargeId === undefined ? "Payment" : "Automatic top-up"} by ${provider}`,
      reference: paymentReference(provider, paymentId),
    });
    if (method !== undefined) {
      const saved = { ...method, provider, savedAt: sql`clock_timestamp()` };
      await tx
        .insert(savedPaymentMethod)
        .values({ ...saved, accountId })
        .onConflictDoUpdate({ target: savedPaymentMethod.accountId, set: saved });
    }
    if (chargeId !== undefined) {
      await tx
        .update(autoTopUpCharge)
        .set({ state: "succeeded", paymentId, endedAt: sql`clock_timestamp()`, failure: null })
        .where(and(eq(autoTopUpCharge.id, chargeId), eq(autoTopUpCharge.accountId, accountId)));
    }
    return { outcome: booked === undefined ? "booked_before" : "booked" };
  });
}

/** What was paid back is taken from the balance as far as it goes; the rest was served already, and is written off. */
async function bookRefund(
  db: Db,
  provider: string,
  { refundId, paymentId, amountNano }: Extract<PaymentEvent, { type: "refunded" }>,
): Promise<ReceiveResult> {
  return db.transaction(async (tx) => {
    const find = async (kind: "top_up" | "refund", id: string) => {
      const reference = paymentReference(provider, id);
      const [found] = await tx
        .select({ accountId: ledgerTransaction.accountId })
        .from(ledgerTransaction)
        .where(and(eq(ledgerTransaction.kind, kind), eq(ledgerTransaction.reference, reference)));
      return found;
    };
    const paid = await find("top_up", paymentId);
    if (paid === undefined) return { outcome: "unknown" };
    const { accountId } = paid;
    const locked = await lockPurse(tx, accountId);
    if ((await find("refund", refundId)) !== undefined) return { outcome: "booked_before" };
    const [owner] = await tx.select({ bounded: purse.bounded }).from(purse).where(eq(purse.id, accountId));
    const availableNano = locked?.availableNano ?? 0n;
    const covered =
      owner?.bounded === true && availableNano < amountNano ? (availableNano > 0n ? availableNano : 0n) : amountNano;
    await postEntries(tx, {
      accountId,
      kind: "refund",
      author: provider,
      reason: `Refund by ${provider}`,
      reference: paymentReference(provider, refundId),
      entries: [
        ["credit", -covered],
        ["write_off", covered - amountNano],
        ["cash", amountNano],
      ],
    });
    return { outcome: "booked", writtenOffNano: amountNano - covered };
  });
}
