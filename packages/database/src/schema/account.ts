/** `account`: who is charged. Its keys, usage and credit hang on it; an account is disabled, never deleted. */
import { sql } from "drizzle-orm";
import { check, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

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
