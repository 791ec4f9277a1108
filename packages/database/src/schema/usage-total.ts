/**
 * `usage_total`: `usage_hour` added up over all accounts and keys, kept by triggers on it. What everybody used over a month is then a few thousand rows, whatever the number of keys.
 *
 * Who settles writes rows of their own, told apart by `part`: nobody waits for anybody, and no two can wait for each other. A sum is the sum of all parts.
 */
import { integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { usageSums } from "./usage-sums.ts";

const { accountId: _account, keyId: _key, ...sums } = usageSums;

export const usageTotal = pgTable(
  "usage_total",
  {
    hour: timestamp({ withTimezone: true }).notNull(),
    ...sums,
    model: text().notNull(),
    /** The process of Postgres that wrote it. */
    part: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.model, table.part] })],
);
