/** `usage_hour`: usage added up by hour, account, key and model, in the transaction that inserts the events. Serves every chart. */
import { index, pgTable, primaryKey, timestamp } from "drizzle-orm/pg-core";
import { usageSums } from "./usage-sums.ts";

export const usageHour = pgTable(
  "usage_hour",
  { hour: timestamp({ withTimezone: true }).notNull(), ...usageSums },
  (table) => [
    primaryKey({ columns: [table.hour, table.accountId, table.keyId, table.model] }),
    index("usage_hour_account").on(table.accountId, table.hour),
    index("usage_hour_key").on(table.keyId, table.hour),
  ],
);
export type UsageHour = typeof usageHour.$inferSelect;
