/** An invoice with what became of it: paid, credited, still owed. */
import { type Invoice, invoice } from "@tera/database";
import { sql } from "drizzle-orm";
import { creditedSum, openPart, paidSum, sumSchema } from "./owed.ts";

/** `credited`: nothing of it is owed any more, because of credit notes alone. */
export type InvoiceStatus = "open" | "overdue" | "paid" | "credited";

export interface InvoiceSummary extends Invoice {
  /** Nano-USD, as below. */
  paidNano: bigint;
  /** By credit notes. */
  creditedNano: bigint;
  /** Still owed. */
  openNano: bigint;
  /** Null: a credit note. */
  status: InvoiceStatus | null;
}

/** To be selected of `invoice`, under its own name. */
export const summaryColumns = {
  invoice,
  paid: paidSum,
  credited: creditedSum,
  now: sql<string>`clock_timestamp()`,
};

export function toSummary(row: { invoice: Invoice; paid: string; credited: string; now: string }): InvoiceSummary {
  const paidNano = sumSchema.parse(row.paid);
  const creditedNano = sumSchema.parse(row.credited);
  const { kind, totalNano, dueAt } = row.invoice;
  const isNote = kind === "credit_note";
  const openNano = isNote ? 0n : openPart(totalNano - paidNano - creditedNano);
  const closed = paidNano > 0n ? "paid" : "credited";
  const status = openNano === 0n ? closed : dueAt < new Date(row.now) ? "overdue" : "open";
  return { ...row.invoice, paidNano, creditedNano, openNano, status: isNote ? null : status };
}
