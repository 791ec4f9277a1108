/**
 * `usage_day`: `usage_hour` added up by day (UTC), kept by triggers on it. Sums over everybody's weeks and months would read a million hours; days they read in a moment.
 */
import { index, pgTable, primaryKey, timestamp } from "drizzle-orm/pg-core";
import { usageSums } from "./usage-sums.ts";

export const usageDay = pgTable(
  "usage_day",
  {
    /** Its beginning. */
    day: timestamp({ withTimezone: true }).notNull(),
    ...usageSums,
  },
  (table) => [
    primaryKey({ columns: [table.day, table.accountId, table.keyId, table.model] }),
    index("usage_day_account").on(table.accountId, table.day),
    index("usage_day_key").on(table.keyId, table.day),
    // Days lie in the order in which they came: a month of everybody's is read without the years before it.
    index("usage_day_time").using("brin", table.day),
  ],
);
export type UsageDay = typeof usageDay.$inferSelect;
