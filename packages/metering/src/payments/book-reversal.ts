/**
 * Books refunds and disputes: money that goes back to a customer after it was booked as a payment, and money of these that comes again.
 *
 * | told                          | booked                                                                                                    |
 * |-------------------------------|-----------------------------------------------------------------------------------------------------------|
 * | a refund that succeeded       | taken back, once for each refund                                                                          |
 * | a refund that failed          | given again, once; where it is told first, the refund is booked with it, so that its success, told later, is known |
 * | a dispute, at any stage       | each movement of its funds once, taken back or given again; none while it is only an inquiry               |
 *
 * Automatic top-ups are paused with what is taken back: the balance falls, and a card would be charged again whose owner has just got money back.
 */
import { autoTopUp, type Db, ledgerTransaction } from "@tera/database";
import { and, eq, isNull, sql } from "drizzle-orm";
import { bookIncoming, bookOutgoing } from "../cash-flow.ts";
import { lockPurse } from "../post-entries.ts";
import { type BookedPayment, paymentReference } from "./book-payment.ts";
import type { DisputeEvent, RefundEvent } from "./payment-provider.ts";

export interface ReversalResult {
  /** `nothing`: no money has moved yet. */
  outcome: "booked" | "booked_before" | "nothing";
  /** Of what was taken back, what the account had not available, and owes. Nano-USD. */
  debtNano?: bigint;
}

const reasonMax = 500;

type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];

export async function bookRefund(
  db: Db,
  provider: string,
  { accountId, invoiceNumber, paymentId }: BookedPayment,
  { refundId, amountNano, outcome, failure }: RefundEvent,
): Promise<ReversalResult> {
  return db.transaction(async (tx) => {
    await lockPurse(tx, accountId);
    const money = { accountId, invoiceNumber, amountNano, kind: "refund", author: provider } as const;
    const reference = paymentReference(provider, refundId);
    const failedReference = `${reference}:failed`;
    const isNew = !(await isBooked(tx, "refund", reference));
    const debtNano = isNew
      ? await takeBack(tx, { ...money, reason: `Refund ${refundId} of ${paymentId} by ${provider}`, reference })
      : 0n;
    if (outcome === "succeeded") return isNew ? { outcome: "booked", debtNano } : { outcome: "booked_before" };
    if (await isBooked(tx, "refund", failedReference)) return { outcome: "booked_before" };
    const reason = `Refund ${refundId} of ${paymentId} failed: ${failure ?? "no reason given"}`.slice(0, reasonMax);
    await bookIncoming(tx, { ...money, reason, reference: failedReference });
    return { outcome: "booked", debtNano: 0n };
  });
}

export async function bookDispute(
  db: Db,
  provider: string,
  { accountId, invoiceNumber, paymentId }: BookedPayment,
  { disputeId, reason: claim, status, movements }: DisputeEvent,
): Promise<ReversalResult> {
  if (movements.length === 0) return { outcome: "nothing" };
  return db.transaction(async (tx) => {
    await lockPurse(tx, accountId);
    let bookedCount = 0;
    let debtNano = 0n;
    for (const { id, amountNano } of movements) {
      const reference = paymentReference(provider, id);
      if (await isBooked(tx, "dispute", reference)) continue;
      bookedCount++;
      const money = { accountId, invoiceNumber, kind: "dispute", author: provider, reference } as const;
      if (amountNano < 0n) {
        const reason = `Dispute ${disputeId} of ${paymentId} (${claim}): funds withdrawn`.slice(0, reasonMax);
        debtNano += await takeBack(tx, { ...money, amountNano: -amountNano, reason });
      } else {
        const reason = `Dispute ${disputeId} of ${paymentId} (${status}): funds returned`.slice(0, reasonMax);
        await bookIncoming(tx, { ...money, amountNano, reason });
      }
    }
    return bookedCount === 0 ? { outcome: "booked_before" } : { outcome: "booked", debtNano };
  });
}

async function takeBack(tx: Transaction, flow: Parameters<typeof bookOutgoing>[1]): Promise<bigint> {
  const { debtNano } = await bookOutgoing(tx, flow);
  await tx
    .update(autoTopUp)
    .set({ pausedAt: sql`clock_timestamp()`, pauseReason: flow.reason })
    .where(and(eq(autoTopUp.accountId, flow.accountId), isNull(autoTopUp.pausedAt)));
  return debtNano;
}

async function isBooked(tx: Transaction, kind: "refund" | "dispute", reference: string): Promise<boolean> {
  const [found] = await tx
    .select({ id: ledgerTransaction.id })
    .from(ledgerTransaction)
    .where(and(eq(ledgerTransaction.kind, kind), eq(ledgerTransaction.reference, reference)));
  return found !== undefined;
}
