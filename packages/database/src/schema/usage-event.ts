/**
 * `usage_event`: one row per request, the sub-ledger that charges are made of. Append-only, partitioned by the month of admission (a migration says how;
 * drizzle knows nothing of partitions).
 *
 * No foreign keys: an event must be recordable whatever else happened to its account. Counts are bigint and checked, so that no figure of
 * an engine can make a row that nobody can add up.
 */
import { type FailedAttempt, finishReasons, type Hold } from "@tera/protocol";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";

export const usageEvent = pgTable(
  "usage_event",
  {
    requestId: text("request_id").notNull(),
    accountId: text("account_id").notNull(),
    keyId: text("key_id").notNull(),
    model: text().notNull(),
    endpoint: text({ enum: ["chat", "completion", "speech"] }).notNull(),
    stream: boolean().notNull(),
    status: text({ enum: ["succeeded", "failed", "cancelled"] }).notNull(),
    /** The code of the error that the client saw. */
    errorCode: text("error_code"),
    finishReason: text("finish_reason", { enum: [...finishReasons] as [string, ...string[]] }),
    promptTokens: bigint("prompt_tokens", { mode: "number" }).notNull(),
    /** Of the prompt tokens. */
    cachedTokens: bigint("cached_tokens", { mode: "number" }).notNull(),
    completionTokens: bigint("completion_tokens", { mode: "number" }).notNull(),
    /** Of the completion tokens. */
    reasoningTokens: bigint("reasoning_tokens", { mode: "number" }).notNull(),
    speechCharacters: bigint("speech_characters", { mode: "number" }).notNull(),
    /** Who counted: the engine, or Tera from the deltas. */
    usageSource: text("usage_source", { enum: ["engine", "counted"] }).notNull(),
    gatewayId: text("gateway_id").notNull(),
    workerId: text("worker_id"),
    runnerId: text("runner_id"),
    attempts: integer().notNull(),
    /** The attempts that failed, in order: `[{attempt, workerId?, runnerId?, code}]`. */
    failedAttempts: jsonb("failed_attempts").$type<FailedAttempt[]>().notNull().default([]),
    admittedAt: timestamp("admitted_at", { withTimezone: true, precision: 3 }).notNull(),
    lane: text({ enum: ["interactive", "batch"] })
      .notNull()
      .default("interactive"),
    /** The price that it was charged by; null: none was in force, or nothing was to be charged. */
    priceId: text("price_id"),
    /** Nano-USD. */
    chargeNano: bigint("charge_nano", { mode: "bigint" }).notNull().default(sql`0`),
    /** The purses that were charged, and the leases that it was admitted against. */
    holds: jsonb().$type<Hold[]>().notNull().default([]),
    /** The posting that it is part of; null when nothing was charged. */
    ledgerTransactionId: bigint("ledger_transaction_id", { mode: "bigint" }),
    /** From admission until a worker accepted. */
    queueMs: bigint("queue_ms", { mode: "number" }),
    /** From admission until the first delta. */
    ttftMs: bigint("ttft_ms", { mode: "number" }),
    totalMs: bigint("total_ms", { mode: "number" }).notNull(),
    settledAt: timestamp("settled_at", { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (table) => [
    // A partitioned table's key holds what it is partitioned by. Both witnesses of a request know the same time of admission.
    primaryKey({ columns: [table.requestId, table.admittedAt] }),
    index("usage_event_account_time").on(table.accountId, table.admittedAt),
    index("usage_event_key_time").on(table.keyId, table.admittedAt),
    index("usage_event_time").on(table.admittedAt),
    // A model that is rarely asked for: without it, its last requests are looked for among everybody's.
    index("usage_event_model_time").on(table.model, table.admittedAt),
    // The few that went wrong, among the many of everybody, an account or a key.
    index("usage_event_all_trouble").on(table.admittedAt).where(sql`${table.status} <> 'succeeded'`),
    index("usage_event_trouble").on(table.accountId, table.admittedAt).where(sql`${table.status} <> 'succeeded'`),
    index("usage_event_key_trouble").on(table.keyId, table.admittedAt).where(sql`${table.status} <> 'succeeded'`),
    // Those of a code, however rare it is among all that went wrong.
    index("usage_event_error").on(table.errorCode, table.admittedAt).where(sql`${table.errorCode} is not null`),
    // Lines of batches, among the many that are none.
    index("usage_event_all_batch").on(table.admittedAt).where(sql`${table.lane} = 'batch'`),
    index("usage_event_batch").on(table.accountId, table.admittedAt).where(sql`${table.lane} = 'batch'`),
    index("usage_event_key_batch").on(table.keyId, table.admittedAt).where(sql`${table.lane} = 'batch'`),
    check(
      "usage_event_counts",
      sql`least(${table.promptTokens}, ${table.cachedTokens}, ${table.completionTokens}, ${table.reasoningTokens}, ${table.speechCharacters}, ${table.attempts}, ${table.totalMs}, ${table.chargeNano}) >= 0`,
    ),
  ],
);
export type UsageEvent = typeof usageEvent.$inferSelect;
export type NewUsageEvent = typeof usageEvent.$inferInsert;
