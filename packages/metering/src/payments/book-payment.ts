/** Books payments that a provider tells of: as credit, or on the invoice that they are for. */
import {
  account,
  autoTopUp,
  autoTopUpCharge,
  type Db,
  invoicePayment,
  ledgerTransaction,
  savedPaymentMethod,
} from "@tera/database";
import { and, eq, inArray, sql } from "drizzle-orm";
import { bookIncoming } from "../cash-flow.ts";
import { openPart, readOwed } from "../invoices/owed.ts";
import { lockPurse } from "../post-entries.ts";
import type { PaidEvent } from "./payment-provider.ts";

export interface BookedPayment {
  accountId: string;
  paymentId: string;
  /** That took it, or a part of it. */
  invoiceNumber: string | undefined;
}

type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];

export function paymentReference(provider: string, id: string): string {
  return `${provider}:${id}`;
}

export async function findBookedPayment(
  reader: Pick<Db, "select">,
  provider: string,
  paymentId: string,
): Promise<BookedPayment | undefined> {
  const [found] = await reader
    .select({ accountId: ledgerTransaction.accountId, invoiceNumber: invoicePayment.invoiceNumber })
    .from(ledgerTransaction)
    .leftJoin(invoicePayment, eq(invoicePayment.ledgerTransactionId, ledgerTransaction.id))
    .where(
      and(
        inArray(ledgerTransaction.kind, ["top_up", "payment"]),
        eq(ledgerTransaction.reference, paymentReference(provider, paymentId)),
      ),
    );
  return found === undefined
    ? undefined
    : { accountId: found.accountId, paymentId, invoiceNumber: found.invoiceNumber ?? undefined };
}

export async function bookPayment(
  db: Db,
  provider: string,
  paid: PaidEvent,
): Promise<{ outcome: "booked" | "booked_before" | "unknown" }> {
  const { accountId, paymentId, method, chargeId } = paid;
  return db.transaction(async (tx) => {
    const [owner] = await tx.select({ id: account.id }).from(account).where(eq(account.id, accountId));
    if (owner === undefined) return { outcome: "unknown" };
    await lockPurse(tx, accountId);
    const before = await findBookedPayment(tx, provider, paymentId);
    if (before === undefined) await post(tx, provider, paid);
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
    if (before === undefined && (method !== undefined || chargeId !== undefined)) {
      // Another card, or one that is taken again: what was refused before counts no more.
      await tx.update(autoTopUp).set({ refusals: 0, retryAt: null }).where(eq(autoTopUp.accountId, accountId));
    }
    return { outcome: before === undefined ? "booked" : "booked_before" };
  });
}

async function post(
  tx: Transaction,
  provider: string,
  { accountId, paymentId, amountNano, chargeId, invoiceNumber }: PaidEvent,
): Promise<void> {
  const money = { accountId, amountNano, author: provider, reference: paymentReference(provider, paymentId) };
  const owed = invoiceNumber === undefined ? undefined : await readOwed(tx, invoiceNumber);
  if (owed?.accountId === accountId && openPart(owed.owedNano) > 0n) {
    const reason = `Payment of ${invoiceNumber} by ${provider}`;
    await bookIncoming(tx, { ...money, invoiceNumber, kind: "payment", reason });
    return;
  }
  // Paid twice, or credited meanwhile: the money is the customer's all the same.
  const beyond = invoiceNumber === undefined ? "" : ` for ${invoiceNumber}, which was not open`;
  const what = chargeId === undefined ? "Payment" : "Automatic top-up";
  await bookIncoming(tx, {
    ...money,
    invoiceNumber: undefined,
    kind: "top_up",
    reason: `${what} by ${provider}${beyond}`,
  });
}
