/** `usage_hour`: usage added up by hour, account, key and model, in the transaction that inserts the events. Serves every chart. */
import { sql } from "drizzle-orm";
import { bigint, index, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const sum = (name: string) => bigint(name, { mode: "number" }).notNull().default(0);

export const usageHour = pgTable(
  "usage_hour",
  {
    hour: timestamp({ withTimezone: true }).notNull(),
    accountId: text("account_id").notNull(),
    keyId: text("key_id").notNull(),
    model: text().notNull(),
    requests: sum("requests"),
    /** Of the requests. */
    failedRequests: sum("failed_requests"),
    promptTokens: sum("prompt_tokens"),
    cachedTokens: sum("cached_tokens"),
    completionTokens: sum("completion_tokens"),
    reasoningTokens: sum("reasoning_tokens"),
    speechCharacters: sum("speech_characters"),
    /** What the requests were charged when they were settled. */
    chargeNano: bigint("charge_nano", { mode: "bigint" }).notNull().default(sql`0`),
    /** What re-rating has added to that since, or, negative, given back. Both together are what the usage cost. */
    correctionNano: bigint("correction_nano", { mode: "bigint" }).notNull().default(sql`0`),
  },
  (table) => [
    primaryKey({ columns: [table.hour, table.accountId, table.keyId, table.model] }),
    index("usage_hour_account").on(table.accountId, table.hour),
    index("usage_hour_key").on(table.keyId, table.hour),
  ],
);
export type UsageHour = typeof usageHour.$inferSelect;
