/**
 * `request_content`: prompts and answers, cut short, of requests whose key has content logging switched on; of no others.
 *
 * Partitioned by the day (UTC) on which they expire (a migration says how; drizzle knows nothing of partitions): a day that is over is dropped as a whole. A row counts as
 * gone from its `expires_at` on, whether its day was dropped yet or not: whoever reads must ask for that.
 */
import { jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** One message of the prompt. Characters are UTF-16 code units. */
export interface PromptPart {
  /** system, developer, user, assistant, tool; `prompt` of a text completion, `input` of speech. */
  role: string;
  /** Its beginning. */
  text: string;
  /** How many characters are missing at its end; absent: none. */
  cut?: number;
}

/** One choice of the answer. */
export interface AnswerPart {
  index: number;
  /** What was relayed, each kind in order: a cut stream's as far as it came. */
  reasoning?: string;
  text?: string;
  toolCalls?: { name: string; arguments: string }[];
  /** How many characters are missing; absent: none. */
  cut?: number;
}

/** The newest messages, in their order. */
export interface KeptPrompt {
  parts: PromptPart[];
  /** Older messages that are missing altogether. */
  missingParts: number;
}

export interface KeptAnswer {
  parts: AnswerPart[];
  /** Choices that are missing altogether. */
  missingParts: number;
}

export const requestContent = pgTable(
  "request_content",
  {
    requestId: text("request_id").notNull(),
    accountId: text("account_id").notNull(),
    keyId: text("key_id").notNull(),
    prompt: jsonb().$type<KeptPrompt>().notNull(),
    /** Of speech: no parts. */
    answer: jsonb().$type<KeptAnswer>().notNull(),
    expiresAt: timestamp("expires_at", { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    // A partitioned table's key holds what it is partitioned by.
    primaryKey({ columns: [table.requestId, table.expiresAt] }),
  ],
);
export type RequestContent = typeof requestContent.$inferSelect;
