/** The columns that hold usage added up, the same in `usage_hour` and `usage_day`, so that what is asked of one can be asked of the other. */
import { sql } from "drizzle-orm";
import { bigint, text } from "drizzle-orm/pg-core";

const sum = (name: string) => bigint(name, { mode: "number" }).notNull().default(0);

export const usageSums = {
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
};
