/** `account`: who is charged. Its keys, usage and credit hang on it; an account is disabled, never deleted. */
import { sql } from "drizzle-orm";
import { bigint, check, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** prepaid: stops when its credit is used up. postpaid: gets an invoice every month. */
export const accountKinds = ["prepaid", "postpaid"] as const;
export type AccountKind = (typeof accountKinds)[number];

export const account = pgTable(
  "account",
  {
    /** `acct_...` */
    id: text().primaryKey(),
    name: text().notNull(),
    kind: text({ enum: accountKinds }).notNull(),
    /** Of all its amounts. */
    currency: text({ enum: ["USD"] })
      .notNull()
      .default("USD"),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    disabledAt: timestamp("disabled_at", { withTimezone: true, precision: 3 }),
    /** Of all its keys together; null: no limit, as for each of the following. */
    requestsPerMinuteMax: integer("requests_per_minute_max"),
    tokensPerMinuteMax: integer("tokens_per_minute_max"),
    /** Open requests at once. */
    concurrencyMax: integer("concurrency_max"),
  },
  (table) => [
    check(
      "account_limits",
      sql`least(${table.requestsPerMinuteMax}, ${table.tokensPerMinuteMax}, ${table.concurrencyMax}) > 0`,
    ),
  ],
);
export type Account = typeof account.$inferSelect;

/**
 * `account_kind_change`: what kind an account was, and up to where in its ledger. Written by a trigger when the kind changes, and append-only: an invoice asks for what was booked while
 * its account was postpaid. The function `account_stretch` gives all stretches, also the one that goes on.
 */
export const accountKindChange = pgTable(
  "account_kind_change",
  {
    accountId: text("account_id")
      .notNull()
      .references(() => account.id),
    /** The last booking before the change, inclusive. */
    throughSeq: bigint("through_seq", { mode: "bigint" }).notNull(),
    /** Until then. */
    kind: text({ enum: accountKinds }).notNull(),
    changedAt: timestamp("changed_at", { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.throughSeq] })],
);
