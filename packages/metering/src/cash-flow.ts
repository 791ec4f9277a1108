/**
 * Books money that comes from a customer, and money that goes back to one, inside a transaction of the caller's who holds the lock of the account's purse.
 *
 * | where it goes, in this order | comes: a payment, a dispute that was won, a refund that failed | goes: a dispute, a refund          |
 * |------------------------------|----------------------------------------------------------------|------------------------------------|
 * | 1                            | the invoice that it is for, as far as that is open             | credit, as far as it is available  |
 * | 2                            | the account's debt                                             | the invoice, which is open again   |
 * | 3                            | credit                                                         | debt                               |
 *
 * So a balance never falls below zero for money that was taken back, and what is taken back and comes again leaves the account as it was.
 */
import { type Db, invoicePayment, type LedgerKind } from "@tera/database";
import { readDebt } from "./debt.ts";
import { readClock } from "./invoices/month.ts";
import { openPart, readOwed } from "./invoices/owed.ts";
import { lockPurse, postEntries } from "./post-entries.ts";

export interface MoneyFlow {
  accountId: string;
  /** The invoice that is paid, or whose payment goes back. */
  invoiceNumber: string | undefined;
  /** Above zero. Nano-USD. */
  amountNano: bigint;
  kind: LedgerKind;
  author: string;
  reason: string;
  reference: string;
}

type Writer = Pick<Db, "select" | "execute" | "insert">;

/** @returns what became of it. Nano-USD. */
export async function bookIncoming(
  tx: Writer,
  { invoiceNumber, amountNano, ...posting }: MoneyFlow,
): Promise<{ invoiceNano: bigint; creditNano: bigint }> {
  const owed = invoiceNumber === undefined ? undefined : await readOwed(tx, invoiceNumber);
  const invoiceNano = smaller(amountNano, openPart(owed?.owedNano ?? 0n));
  const debtNano = smaller(amountNano - invoiceNano, await readDebt(tx, posting.accountId));
  const creditNano = amountNano - invoiceNano - debtNano;
  const ledgerTransactionId = await postEntries(tx, {
    ...posting,
    entries: [
      ["receivable", invoiceNano],
      ["debt", debtNano],
      ["credit", creditNano],
      ["cash", -amountNano],
    ],
  });
  await noteOnInvoice(tx, invoiceNumber, ledgerTransactionId, invoiceNano);
  return { invoiceNano, creditNano };
}

/** @returns what could not be taken and is owed. Nano-USD. */
export async function bookOutgoing(
  tx: Writer,
  { invoiceNumber, amountNano, ...posting }: MoneyFlow,
): Promise<{ debtNano: bigint }> {
  const locked = await lockPurse(tx, posting.accountId);
  const creditNano = smaller(amountNano, openPart(locked?.availableNano ?? 0n));
  const owed = invoiceNumber === undefined ? undefined : await readOwed(tx, invoiceNumber);
  const unpaidNano = smaller(amountNano - creditNano, openPart(owed?.paidNano ?? 0n));
  // Less than that, where a credit note had taken back a part: nobody owes that part to the invoice.
  const owedNano = owed?.owedNano ?? 0n;
  const reopenedNano = openPart(owedNano + unpaidNano) - openPart(owedNano);
  const debtNano = amountNano - creditNano - reopenedNano;
  const ledgerTransactionId = await postEntries(tx, {
    ...posting,
    entries: [
      ["credit", -creditNano],
      ["receivable", -reopenedNano],
      ["debt", -debtNano],
      ["cash", amountNano],
    ],
  });
  await noteOnInvoice(tx, invoiceNumber, ledgerTransactionId, -unpaidNano);
  return { debtNano };
}

async function noteOnInvoice(
  tx: Writer,
  invoiceNumber: string | undefined,
  ledgerTransactionId: bigint,
  amountNano: bigint,
): Promise<void> {
  if (invoiceNumber === undefined || amountNano === 0n) return;
  await tx
    .insert(invoicePayment)
    .values({ invoiceNumber, ledgerTransactionId, amountNano, paidAt: await readClock(tx) });
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
