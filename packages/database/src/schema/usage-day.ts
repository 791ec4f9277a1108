/**
 * `usage_day`: `usage_hour` added up by day (UTC), kept by triggers on it. Sums over everybody's weeks and months would read a million hours; days they read in a moment.
 */
import { sql } from "drizzle-orm";
import { bigint, index, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const sum = (name: string) => bigint(name, { mode: "number" }).notNull().default(0);

export const usageDay = pgTable(
  "usage_day",
  {
    /** Its beginning. */
    day: timestamp({ withTimezone: true }).notNull(),
    accountId: text("account_id").notNull(),
    keyId: text("key_id").notNull(),
    model: text().notNull(),
    requests: sum("requests"),
    failedRequests: sum("failed_requests"),
    promptTokens: sum("prompt_tokens"),
    cachedTokens: sum("cached_tokens"),
    completionTokens: sum("completion_tokens"),
    reasoningTokens: sum("reasoning_tokens"),
    speechCharacters: sum("speech_characters"),
    chargeNano: bigint("charge_nano", { mode: "bigint" }).notNull().default(sql`0`),
    correctionNano: bigint("correction_nano", { mode: "bigint" }).notNull().default(sql`0`),
  },
  (table) => [
    primaryKey({ columns: [table.day, table.accountId, table.keyId, table.model] }),
    index("usage_day_account").on(table.accountId, table.day),
  ],
);
export type UsageDay = typeof usageDay.$inferSelect;
