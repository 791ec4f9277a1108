/** Batches: `batch`, the lines of its file as `batch_line`, and what came of each as `batch_result` until the output files are written. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { account } from "./account.ts";

export const batchEndpoints = ["/v1/chat/completions", "/v1/completions"] as const;
export type BatchEndpoint = (typeof batchEndpoints)[number];

/** validating -> failed | in_progress -> finalizing -> completed; in_progress -> cancelling -> finalizing -> cancelled; in_progress -> finalizing -> expired. */
export const batchStatuses = [
  "validating",
  "failed",
  "in_progress",
  "finalizing",
  "completed",
  "expired",
  "cancelling",
  "cancelled",
] as const;
export type BatchStatus = (typeof batchStatuses)[number];

/** credit: the account or a budget does not cover the next line. operator, customer: who paused it. */
export const batchPauses = ["credit", "operator", "customer"] as const;
export type BatchPause = (typeof batchPauses)[number];

/** What is wrong with the file; `line` from 1, null: the file as a whole. */
export interface BatchProblem {
  code: string;
  line: number | null;
  message: string;
  param: string | null;
}

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const batch = pgTable(
  "batch",
  {
    /** `batch_...` */
    id: text().primaryKey(),
    accountId: text("account_id")
      .notNull()
      .references(() => account.id),
    /** Whose scope and budgets hold for its lines. */
    keyId: text("key_id").notNull(),
    endpoint: text({ enum: batchEndpoints }).notNull(),
    inputFileId: text("input_file_id").notNull(),
    completionWindow: text("completion_window").notNull(),
    metadata: jsonb().$type<Record<string, string>>(),
    status: text({ enum: batchStatuses }).notNull().default("validating"),
    /** The first ones of a file that was refused. */
    problems: jsonb().$type<BatchProblem[]>(),
    /** Of its lines, with how many name each; null: it was not validated yet. */
    models: jsonb().$type<Record<string, number>>(),
    /** Lines that failed, by error code; null: the error file is not written, and they are counted in `batch_result`. */
    failures: jsonb().$type<Record<string, number>>(),
    outputFileId: text("output_file_id"),
    errorFileId: text("error_file_id"),
    totalLines: integer("total_lines").notNull().default(0),
    completedLines: integer("completed_lines").notNull().default(0),
    failedLines: integer("failed_lines").notNull().default(0),
    /** Nano-USD, so far. */
    chargeNano: bigint("charge_nano", { mode: "bigint" }).notNull().default(sql`0`),
    pause: text({ enum: batchPauses }),
    /** In words for the customer. */
    pauseReason: text("pause_reason"),
    pausedAt: moment("paused_at"),
    createdAt: moment("created_at").notNull().defaultNow(),
    inProgressAt: moment("in_progress_at"),
    finalizingAt: moment("finalizing_at"),
    completedAt: moment("completed_at"),
    failedAt: moment("failed_at"),
    expiredAt: moment("expired_at"),
    cancellingAt: moment("cancelling_at"),
    cancelledAt: moment("cancelled_at"),
    /** What is not done by then is left out. */
    expiresAt: moment("expires_at").notNull(),
  },
  (table) => [
    index("batch_account").on(table.accountId, table.createdAt, table.id),
    index("batch_created").on(table.createdAt, table.id),
    // The few that somebody works at.
    index("batch_open")
      .on(table.status)
      .where(sql`${table.status} in ('validating', 'in_progress', 'finalizing', 'cancelling')`),
  ],
);
export type Batch = typeof batch.$inferSelect;

/** open -> running -> succeeded | failed; running -> open, when its gateway or runner was lost; open -> cancelled | expired. */
export const batchLineStates = ["open", "running", "succeeded", "failed", "cancelled", "expired"] as const;
export type BatchLineState = (typeof batchLineStates)[number];

export const batchLine = pgTable(
  "batch_line",
  {
    batchId: text("batch_id").notNull(),
    /** From 1, as in the file. */
    number: integer().notNull(),
    customId: text("custom_id").notNull(),
    model: text().notNull(),
    /** Where the line is in the input file; its content is nowhere else. */
    byteOffset: bigint("byte_offset", { mode: "number" }).notNull(),
    byteLength: integer("byte_length").notNull(),
    state: text({ enum: batchLineStates }).notNull().default("open"),
    /** Times that it was begun: an end that names another attempt is nobody's any more. */
    attempt: integer().notNull().default(0),
    /** Attempts that failed and may be tried again. */
    failures: smallint().notNull().default(0),
    /** Who runs it. */
    gatewayId: text("gateway_id"),
    /** Not before: after a failure. */
    notBefore: moment("not_before"),
  },
  (table) => [
    primaryKey({ columns: [table.batchId, table.number] }),
    uniqueIndex("batch_line_custom_id").on(table.batchId, table.customId),
    index("batch_line_open").on(table.batchId, table.number).where(sql`${table.state} = 'open'`),
    index("batch_line_running").on(table.gatewayId).where(sql`${table.state} = 'running'`),
  ],
);
export type BatchLine = typeof batchLine.$inferSelect;

/** One line of the output or error file, as it will be written. */
export const batchResult = pgTable(
  "batch_result",
  {
    batchId: text("batch_id").notNull(),
    number: integer().notNull(),
    isError: boolean("is_error").notNull(),
    /** For the counts by kind; null: it succeeded. */
    errorCode: text("error_code"),
    /** A JSON object, without a line break. */
    body: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.batchId, table.number] }),
    // So that the counts by kind read errors only.
    index("batch_result_failed").on(table.batchId, table.errorCode).where(sql`${table.isError}`),
  ],
);
