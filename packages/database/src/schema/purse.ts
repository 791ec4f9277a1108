/**
 * `purse`: money that requests are charged to. An account has one, and a key has one for each period of each of its budgets.
 *
 * The balance is a projection, kept in the same transaction as what changes it: an account's is the sum of its ledger entries, a key's is its budget
 * less what it has spent in the period. What gateways hold in leases is inside the balance and not available.
 */
import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { account } from "./account.ts";

export const purseKinds = ["account", "key_day", "key_month", "key_total"] as const;
export type PurseKind = (typeof purseKinds)[number];

export const purse = pgTable(
  "purse",
  {
    /** The account's id, or `<key id>:day:2026-11-23`, `<key id>:month:2026-11`, `<key id>:total`, by the first key of the rotation. */
    id: text().primaryKey(),
    accountId: text("account_id")
      .notNull()
      .references(() => account.id),
    kind: text({ enum: purseKinds }).notNull(),
    keyId: text("key_id"),
    /** A prepaid account's and every key's: no lease is granted beyond the balance. */
    bounded: boolean().notNull(),
    /** Nano-USD. */
    balanceNano: bigint("balance_nano", { mode: "bigint" }).notNull().default(sql`0`),
    /** Of the balance, what lies in leases. Nano-USD. */
    leasedNano: bigint("leased_nano", { mode: "bigint" }).notNull().default(sql`0`),
    updatedAt: timestamp("updated_at", { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (table) => [
    index("purse_account").on(table.accountId),
    check("purse_leased", sql`${table.leasedNano} >= 0`),
    // Available credit is never negative in any committed state.
    check(
      "purse_available",
      sql`${table.kind} <> 'account' or not ${table.bounded} or ${table.balanceNano} >= ${table.leasedNano}`,
    ),
  ],
);
export type Purse = typeof purse.$inferSelect;
