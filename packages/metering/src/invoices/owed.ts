/** What is still owed of an invoice. */
import { type Db, invoice } from "@tera/database";
import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";

// The table's name is written out: within a subquery drizzle would name the column alone.
export const paidSum = sql<string>`(select coalesce(sum(p.amount_nano), 0) from invoice_payment p where p.invoice_number = "invoice"."number")`;
export const creditedSum = sql<string>`(select coalesce(-sum(n.total_nano), 0) from invoice n where n.refers_to = "invoice"."number")`;
export const sumSchema = z.coerce.bigint();

export interface Owed {
  accountId: string;
  /** Less what was taken back. Nano-USD, as the next. */
  paidNano: bigint;
  /** Below zero: a credit note took back what was paid, and that became credit. */
  owedNano: bigint;
}

/** To be asked under the lock of the account's purse. Undefined: no such invoice. */
export async function readOwed(reader: Pick<Db, "select">, number: string): Promise<Owed | undefined> {
  const [row] = await reader
    .select({ accountId: invoice.accountId, totalNano: invoice.totalNano, paid: paidSum, credited: creditedSum })
    .from(invoice)
    .where(and(eq(invoice.number, number), eq(invoice.kind, "invoice")));
  if (row === undefined) return undefined;
  const paidNano = sumSchema.parse(row.paid);
  return { accountId: row.accountId, paidNano, owedNano: row.totalNano - paidNano - sumSchema.parse(row.credited) };
}

/** What an invoice still asks for. */
export function openPart(owedNano: bigint): bigint {
  return owedNano > 0n ? owedNano : 0n;
}
