/**
 * `usage_correction`: what re-rating after a wrong price has changed of a request's charge. The `usage_event` stays as it was settled; a row is added here for each
 * re-rating that changed its charge. Append-only.
 *
 * What must hold, and how to check it:
 * - `usage_event.charge_nano` is its counts x its own `price_id`, corrected or not;
 * - `usage_event.charge_nano` + the sum of its corrections is its counts x the `price_id` of its latest correction (the highest `ledger_transaction_id`);
 * - for each ledger transaction of kind `correction`: the sum of its rows here = the sum of its entries in the book `revenue`;
 * - `usage_hour.correction_nano` is the sum of the corrections of that hour's requests, as `charge_nano` is the sum of their charges;
 * - a key's purse holds its budget less charges and corrections of its period, of all keys of the rotation.
 */
import { sql } from "drizzle-orm";
import { bigint, check, index, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

export const usageCorrection = pgTable(
  "usage_correction",
  {
    /** Of the event, with `admitted_at`, which says in which month it lies. */
    requestId: text("request_id").notNull(),
    admittedAt: timestamp("admitted_at", { withTimezone: true, precision: 3 }).notNull(),
    /** The posting that it is part of; it names author and reason. */
    ledgerTransactionId: bigint("ledger_transaction_id", { mode: "bigint" }).notNull(),
    /** The price that the request is charged by from here on. */
    priceId: text("price_id").notNull(),
    /** New charge less the one before; nano-USD. Negative: the customer got it back. */
    amountNano: bigint("amount_nano", { mode: "bigint" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.requestId, table.ledgerTransactionId] }),
    index("usage_correction_transaction").on(table.ledgerTransactionId),
    check("usage_correction_amount", sql`${table.amountNano} <> 0`),
  ],
);
export type UsageCorrection = typeof usageCorrection.$inferSelect;
