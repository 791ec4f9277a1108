/** Who sells and who buys: what invoices and statements say of both. An invoice keeps its own copy. */
import { sql } from "drizzle-orm";
import { bigint, check, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { account } from "./account.ts";

/** `seller`: one row, of the installation. Without it no invoice is issued. */
export const seller = pgTable(
  "seller",
  {
    id: integer().primaryKey().default(1),
    name: text().notNull(),
    /** Lines separated by newlines. */
    address: text(),
    taxId: text("tax_id"),
    email: text(),
    /** How to pay, in the words that invoices print. */
    paymentNote: text("payment_note"),
    /** On every invoice, unless the buyer has a rate of its own. Hundredths of a percent. */
    taxRateBasisPoints: integer("tax_rate_basis_points").notNull().default(0),
    /** From issue until an invoice must be paid. */
    dueDays: integer("due_days").notNull().default(30),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check("seller_one", sql`${table.id} = 1`),
    check("seller_tax_rate", sql`${table.taxRateBasisPoints} between 0 and 10000`),
    check("seller_due_days", sql`${table.dueDays} between 0 and 365`),
  ],
);
export type Seller = typeof seller.$inferSelect;

/** `buyer`: of an account. Without it, invoices name the account. */
export const buyer = pgTable(
  "buyer",
  {
    accountId: text("account_id")
      .primaryKey()
      .references(() => account.id),
    name: text(),
    address: text(),
    taxId: text("tax_id"),
    email: text(),
    /** Null: the seller's. */
    taxRateBasisPoints: integer("tax_rate_basis_points"),
    /** A notice is sent when a prepaid account's balance falls below it; null: none. Nano-USD. */
    lowBalanceNano: bigint("low_balance_nano", { mode: "bigint" }),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [check("buyer_tax_rate", sql`${table.taxRateBasisPoints} between 0 and 10000`)],
);
export type Buyer = typeof buyer.$inferSelect;
