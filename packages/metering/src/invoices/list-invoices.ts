/** Invoices a page at a time, found, sorted and counted by Postgres; and what became of one of them, booking by booking. */
import { type Db, type Invoice, invoice, invoicePayment, type LedgerKind, ledgerTransaction } from "@tera/database";
import { and, asc, desc, eq, ilike, inArray, or, type SQL, sql } from "drizzle-orm";
import { type InvoiceStatus, type InvoiceSummary, summaryColumns, toSummary } from "./invoice-summary.ts";
import { creditedSum, paidSum } from "./owed.ts";

export interface InvoiceListQuery {
  /** From 1. */
  page: number;
  pageSize: number;
  sort: "issuedAt" | "-issuedAt" | "dueAt" | "-dueAt" | "total" | "-total";
  /** For ILIKE, on the number, the buyer's name and the account's id. */
  pattern?: string | undefined;
  /** `unpaid`: open or overdue. */
  status?: InvoiceStatus | "unpaid" | "credit_note" | undefined;
  month?: string | undefined;
  /** Only of these accounts; undefined: of all. */
  among?: readonly string[] | undefined;
}

export async function listInvoices(
  db: Db,
  { page, pageSize, sort, pattern, status, month, among }: InvoiceListQuery,
): Promise<{ items: InvoiceSummary[]; total: number }> {
  const matches = and(
    pattern === undefined
      ? undefined
      : or(
          ilike(invoice.number, pattern),
          ilike(invoice.accountId, pattern),
          ilike(sql`${invoice.buyer} ->> 'name'`, pattern),
        ),
    status === undefined ? undefined : hasStatus[status],
    month === undefined ? undefined : eq(invoice.month, month),
    among === undefined ? undefined : inArray(invoice.accountId, [...among]),
  );
  const order = {
    issuedAt: [asc(invoice.year), asc(invoice.seq)],
    "-issuedAt": [desc(invoice.year), desc(invoice.seq)],
    dueAt: [asc(invoice.dueAt), asc(invoice.number)],
    "-dueAt": [desc(invoice.dueAt), desc(invoice.number)],
    total: [asc(invoice.totalNano), asc(invoice.number)],
    "-total": [desc(invoice.totalNano), desc(invoice.number)],
  }[sort];
  const [rows, total] = await Promise.all([
    db
      .select(summaryColumns)
      .from(invoice)
      .where(matches)
      .orderBy(...order)
      .limit(pageSize)
      .offset((page - 1) * pageSize),
    db.$count(invoice, matches),
  ]);
  return { items: rows.map(toSummary), total };
}

// As `toSummary` has them.
const isInvoice = eq(invoice.kind, "invoice");
const owed = sql`${invoice.totalNano} - ${paidSum} - ${creditedSum}`;
const isPast = sql`${invoice.dueAt} < clock_timestamp()`;
const hasStatus: Readonly<Record<NonNullable<InvoiceListQuery["status"]>, SQL | undefined>> = {
  unpaid: and(isInvoice, sql`${owed} > 0`),
  open: and(isInvoice, sql`${owed} > 0`, sql`not ${isPast}`),
  overdue: and(isInvoice, sql`${owed} > 0`, isPast),
  paid: and(isInvoice, sql`${owed} <= 0`, sql`${paidSum} > 0`),
  credited: and(isInvoice, sql`${owed} <= 0`, sql`${paidSum} <= 0`),
  credit_note: eq(invoice.kind, "credit_note"),
};

export interface InvoiceSettlement {
  at: Date;
  kind: LedgerKind;
  /** Nano-USD. Negative: a payment that was taken back. */
  amountNano: bigint;
  reason: string;
  reference: string | null;
  author: string;
}

/** More than these of one invoice are not shown. */
const settlementsMax = 200;

/** What was paid of an invoice, and the credit notes on it, the oldest first. */
export async function readSettlements(
  db: Pick<Db, "select">,
  number: string,
): Promise<{ payments: InvoiceSettlement[]; creditNotes: Invoice[] }> {
  const payments = await db
    .select({
      at: invoicePayment.paidAt,
      kind: ledgerTransaction.kind,
      amountNano: invoicePayment.amountNano,
      reason: ledgerTransaction.reason,
      reference: ledgerTransaction.reference,
      author: ledgerTransaction.author,
    })
    .from(invoicePayment)
    .innerJoin(ledgerTransaction, eq(ledgerTransaction.id, invoicePayment.ledgerTransactionId))
    .where(eq(invoicePayment.invoiceNumber, number))
    .orderBy(asc(invoicePayment.ledgerTransactionId))
    .limit(settlementsMax);
  const creditNotes = await db
    .select()
    .from(invoice)
    .where(eq(invoice.refersTo, number))
    .orderBy(asc(invoice.year), asc(invoice.seq))
    .limit(settlementsMax);
  return { payments, creditNotes };
}
