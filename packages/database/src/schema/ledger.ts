/**
 * The ledger: double entry, append-only. The entries of a transaction come in one statement with it and sum to zero (triggers), rows are neither changed nor
 * deleted (triggers, and the application's role), and each transaction of an account carries the hash of the one before.
 *
 * | book       | what its sum says, seen from the account                                  |
 * |------------|---------------------------------------------------------------------------|
 * | credit     | what the customer may still use: the balance                              |
 * | revenue    | what was served, as a positive amount                                     |
 * | cash       | payments, as a negative amount                                            |
 * | write_off  | what was served and could not be charged, as a negative amount             |
 * | adjustment | corrections by hand: gifts are negative                                   |
 * | debt       | what a customer took back of a payment (a dispute, a refund) and has used up, as a negative amount; the next credit pays it first |
 * | receivable | what was invoiced and is not yet paid, as a negative amount                |
 * | rounding   | what brings invoices to whole cents                                       |
 * | tax        | tax that was invoiced                                                     |
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { account } from "./account.ts";
import { bytea } from "./bytea.ts";

export const ledgerKinds = [
  "usage",
  "top_up",
  "refund",
  "dispute",
  "adjustment",
  "correction",
  "invoice",
  "credit_note",
  "payment",
  "debt_payment",
] as const;
export type LedgerKind = (typeof ledgerKinds)[number];
export const ledgerBooks = [
  "credit",
  "revenue",
  "cash",
  "write_off",
  "adjustment",
  "debt",
  "receivable",
  "rounding",
  "tax",
] as const;
export type LedgerBook = (typeof ledgerBooks)[number];

export const ledgerTransaction = pgTable(
  "ledger_transaction",
  {
    id: bigserial({ mode: "bigint" }).primaryKey(),
    accountId: text("account_id")
      .notNull()
      .references(() => account.id),
    /** Position among the account's transactions, from 1. */
    seq: bigint({ mode: "bigint" }).notNull(),
    kind: text({ enum: ledgerKinds }).notNull(),
    /** Who: `gateway:<id>`, `cli`, a user, `stripe`. */
    author: text().notNull(),
    reason: text().notNull(),
    /** What it answers to: a payment, an invoice. Unique for a kind, so that a payment is booked once. */
    reference: text(),
    createdAt: timestamp("created_at", { withTimezone: true, precision: 3 }).notNull(),
    /** Of the account's transaction before; empty for the first. */
    previousHash: bytea("previous_hash").notNull(),
    /** SHA-256 over the previous hash, this row and its entries; see `ledger_hash` in the migrations. */
    hash: bytea().notNull(),
  },
  (table) => [
    unique("ledger_transaction_seq").on(table.accountId, table.seq),
    uniqueIndex("ledger_transaction_reference")
      .on(table.kind, table.reference)
      .where(sql`${table.reference} is not null`),
    index("ledger_transaction_time").on(table.accountId, table.createdAt),
    // Payments and corrections are few among the bookings of usage: a ledger of those alone is read without passing the others.
    index("ledger_transaction_moved").on(table.accountId, table.seq).where(sql`${table.kind} <> 'usage'`),
  ],
);
export type LedgerTransaction = typeof ledgerTransaction.$inferSelect;

export const ledgerEntry = pgTable(
  "ledger_entry",
  {
    /** Of a transaction that is there: a trigger sees to it, once for a statement where a foreign key would look row by row. */
    transactionId: bigint("transaction_id", { mode: "bigint" }).notNull(),
    line: integer().notNull(),
    book: text({ enum: ledgerBooks }).notNull(),
    /** Nano-USD. */
    amountNano: bigint("amount_nano", { mode: "bigint" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.transactionId, table.line] }),
    check("ledger_entry_amount", sql`${table.amountNano} <> 0`),
    // Few accounts ever owe: what they owe is found without reading the rest.
    index("ledger_entry_debt").on(table.transactionId).where(sql`${table.book} = 'debt'`),
    // Nor is much written off.
    index("ledger_entry_write_off").on(table.transactionId).where(sql`${table.book} = 'write_off'`),
  ],
);
export type LedgerEntry = typeof ledgerEntry.$inferSelect;
