/** Payments by way of a provider: saved payment methods, and charges that top up an account by themselves. */
import { sql } from "drizzle-orm";
import { bigint, check, index, integer, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { account } from "./account.ts";

/** `saved_payment_method`: what a customer left with the provider; one for each account. Names only, never a card. */
export const savedPaymentMethod = pgTable("saved_payment_method", {
  accountId: text("account_id")
    .primaryKey()
    .references(() => account.id),
  provider: text().notNull(),
  customerId: text("customer_id").notNull(),
  paymentMethodId: text("payment_method_id").notNull(),
  savedAt: timestamp("saved_at", { withTimezone: true }).notNull().defaultNow(),
});
export type SavedPaymentMethod = typeof savedPaymentMethod.$inferSelect;

/** `auto_top_up`: below `threshold`, `amount` is charged. Nano-USD, whole cents. */
export const autoTopUp = pgTable(
  "auto_top_up",
  {
    accountId: text("account_id")
      .primaryKey()
      .references(() => account.id),
    thresholdNano: bigint("threshold_nano", { mode: "bigint" }).notNull(),
    amountNano: bigint("amount_nano", { mode: "bigint" }).notNull(),
    /** No more than this on one day (UTC). */
    dayMaxNano: bigint("day_max_nano", { mode: "bigint" }).notNull(),
    /** Nothing is charged until it is set anew. */
    pausedAt: timestamp("paused_at", { withTimezone: true, precision: 3 }),
    pauseReason: text("pause_reason"),
    /** Charges that were refused since the last that was paid. */
    refusals: integer().notNull().default(0),
    /** Not charged again before; null: whenever it is needed. */
    retryAt: timestamp("retry_at", { withTimezone: true, precision: 3 }),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check(
      "auto_top_up_amount",
      sql`${table.amountNano} > 0 and ${table.amountNano} % 10000000 = 0 and ${table.dayMaxNano} >= ${table.amountNano}`,
    ),
  ],
);
export type AutoTopUp = typeof autoTopUp.$inferSelect;

/**
 * `auto_top_up_charge`: one try to charge a saved payment method.
 *
 * | state     | means                                                                                   |
 * |-----------|-----------------------------------------------------------------------------------------|
 * | pending   | may or may not have reached the provider; asked again with the same idempotency key     |
 * | succeeded | paid, and booked in the ledger                                                          |
 * | failed    | refused by the provider; nothing was paid                                               |
 */
export const autoTopUpCharge = pgTable(
  "auto_top_up_charge",
  {
    /** `charge_...`; the provider's idempotency key. */
    id: text().primaryKey(),
    accountId: text("account_id")
      .notNull()
      .references(() => account.id),
    amountNano: bigint("amount_nano", { mode: "bigint" }).notNull(),
    state: text({ enum: ["pending", "succeeded", "failed"] }).notNull(),
    startedAt: timestamp("started_at", { withTimezone: true, precision: 3 }).notNull(),
    endedAt: timestamp("ended_at", { withTimezone: true, precision: 3 }),
    /** The provider's id of the payment. */
    paymentId: text("payment_id"),
    failure: text(),
  },
  (table) => [
    // One at a time, whatever runs at once.
    uniqueIndex("auto_top_up_charge_pending").on(table.accountId).where(sql`${table.state} = 'pending'`),
    index("auto_top_up_charge_account").on(table.accountId, table.startedAt),
  ],
);
export type AutoTopUpCharge = typeof autoTopUpCharge.$inferSelect;
