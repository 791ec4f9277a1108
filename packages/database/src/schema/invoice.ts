/**
 * `invoice`: what an account was asked to pay, and credit notes on it. Append-only: once issued, nothing of it changes; a mistake is corrected by a credit note.
 *
 * An invoice covers the ledger transactions of its account from `from_seq` to `through_seq`. The ranges of an account's invoices follow each other without a gap, so
 * every booking is invoiced once.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { account } from "./account.ts";

export const invoiceKinds = ["invoice", "credit_note"] as const;
export type InvoiceKind = (typeof invoiceKinds)[number];

/** One side of an invoice, as it was when it was issued. */
export interface InvoiceParty {
  name: string;
  /** Lines separated by newlines. */
  address: string | null;
  taxId: string | null;
  email: string | null;
}

export const invoice = pgTable(
  "invoice",
  {
    /** `2026-000123`. */
    number: text().primaryKey(),
    /** Of issue (UTC), and the position in it, from 1 without gaps; invoices and credit notes share the series. */
    year: integer().notNull(),
    seq: integer().notNull(),
    kind: text({ enum: invoiceKinds }).notNull(),
    accountId: text("account_id")
      .notNull()
      .references(() => account.id),
    /** `2026-11`: what it is for. A credit note has that of its invoice. */
    month: text().notNull(),
    /** A credit note's invoice. */
    refersTo: text("refers_to"),
    /** Of the account's ledger, inclusive; null for credit notes. */
    fromSeq: bigint("from_seq", { mode: "bigint" }),
    throughSeq: bigint("through_seq", { mode: "bigint" }),
    issuedAt: timestamp("issued_at", { withTimezone: true, precision: 3 }).notNull(),
    dueAt: timestamp("due_at", { withTimezone: true, precision: 3 }).notNull(),
    author: text().notNull(),
    /** Why, of a credit note. */
    reason: text(),
    seller: jsonb().$type<InvoiceParty>().notNull(),
    buyer: jsonb().$type<InvoiceParty>().notNull(),
    /** The sum of the lines. Nano-USD, as all that follow; a credit note's are negative. */
    exactNano: bigint("exact_nano", { mode: "bigint" }).notNull(),
    /** What brings it to whole cents. */
    roundingNano: bigint("rounding_nano", { mode: "bigint" }).notNull(),
    taxRateBasisPoints: integer("tax_rate_basis_points").notNull(),
    taxNano: bigint("tax_nano", { mode: "bigint" }).notNull(),
    totalNano: bigint("total_nano", { mode: "bigint" }).notNull(),
    /** The posting that it made. */
    ledgerTransactionId: bigint("ledger_transaction_id", { mode: "bigint" }).notNull(),
  },
  (table) => [
    unique("invoice_year_seq").on(table.year, table.seq),
    uniqueIndex("invoice_account_month").on(table.accountId, table.month).where(sql`${table.kind} = 'invoice'`),
    index("invoice_issued").on(table.issuedAt),
    index("invoice_refers_to").on(table.refersTo),
    check("invoice_sum", sql`${table.totalNano} = ${table.exactNano} + ${table.roundingNano} + ${table.taxNano}`),
    check("invoice_cents", sql`${table.totalNano} % 10000000 = 0 and ${table.taxNano} % 10000000 = 0`),
    check(
      "invoice_kind",
      sql`(${table.kind} = 'invoice' and ${table.refersTo} is null and ${table.fromSeq} is not null and ${table.throughSeq} is not null and ${table.fromSeq} <= ${table.throughSeq} and ${table.totalNano} > 0) or (${table.kind} = 'credit_note' and ${table.refersTo} is not null and ${table.totalNano} < 0)`,
    ),
  ],
);
export type Invoice = typeof invoice.$inferSelect;

export const invoiceLineKinds = ["usage", "discount", "write_off", "correction", "adjustment", "credit"] as const;
export type InvoiceLineKind = (typeof invoiceLineKinds)[number];
export const usageMeasures = ["input", "cached_input", "output", "request", "character"] as const;
export type UsageMeasure = (typeof usageMeasures)[number];

export const invoiceLine = pgTable(
  "invoice_line",
  {
    invoiceNumber: text("invoice_number")
      .notNull()
      .references(() => invoice.number),
    /** From 1. */
    line: integer().notNull(),
    kind: text({ enum: invoiceLineKinds }).notNull(),
    /** Usage only, as are key, price, measure, quantity and unit. */
    model: text(),
    keyId: text("key_id"),
    /** As it was when the invoice was issued. */
    keyName: text("key_name"),
    priceId: text("price_id"),
    lane: text({ enum: ["interactive", "batch"] }),
    measure: text({ enum: usageMeasures }),
    quantity: bigint({ mode: "bigint" }),
    /** Nano-USD for one. */
    unitNano: bigint("unit_nano", { mode: "bigint" }),
    /** What else it is for, for people. */
    description: text(),
    amountNano: bigint("amount_nano", { mode: "bigint" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.invoiceNumber, table.line] }),
    check(
      "invoice_line_amount",
      sql`${table.kind} <> 'usage' or ${table.amountNano} = ${table.quantity} * ${table.unitNano}`,
    ),
  ],
);
export type InvoiceLine = typeof invoiceLine.$inferSelect;

/** `invoice_payment`: what was paid on an invoice; negative where a payment was taken back, which makes the invoice open again. Append-only. */
export const invoicePayment = pgTable(
  "invoice_payment",
  {
    invoiceNumber: text("invoice_number")
      .notNull()
      .references(() => invoice.number),
    ledgerTransactionId: bigint("ledger_transaction_id", { mode: "bigint" }).primaryKey(),
    /** Of it, what this invoice took; what was paid beyond it is the account's credit. Nano-USD. */
    amountNano: bigint("amount_nano", { mode: "bigint" }).notNull(),
    paidAt: timestamp("paid_at", { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    index("invoice_payment_invoice").on(table.invoiceNumber),
    check("invoice_payment_amount", sql`${table.amountNano} <> 0`),
  ],
);

/** `invoice_series`: the last number of each year; taken in the transaction that issues, so that none is skipped. */
export const invoiceSeries = pgTable("invoice_series", {
  year: integer().primaryKey(),
  lastSeq: integer("last_seq").notNull(),
});
