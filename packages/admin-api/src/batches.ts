/** Batches: how far each is, what it costs, why it waits, and what became of its lines. */
import { z } from "zod";
import { amountSchema, momentSchema, pageOf, pageQuery } from "./page.ts";

/** Those of OpenAI's Batch API. */
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
export const batchStatusSchema = z.enum(batchStatuses);
export type BatchStatus = z.infer<typeof batchStatusSchema>;

/** Why nothing of it is begun. credit: the account or a budget does not cover the next line. operator, customer: who paused it. */
export const batchPauseSchema = z.enum(["credit", "operator", "customer"]);
export type BatchPause = z.infer<typeof batchPauseSchema>;

export const batchEndpoints = ["/v1/chat/completions", "/v1/completions"] as const;

/** `POST /admin/api/batches` */
export const newBatchSchema = z.strictObject({
  /** The batch runs for its account, under its limits and scope. */
  keyId: z.string().min(1, "is needed").max(100),
  /** An uploaded file of the same account. */
  inputFileId: z.string().min(1, "is needed").max(100),
  endpoint: z.enum(batchEndpoints),
  metadata: z.record(z.string(), z.string()).nullable().default(null),
});
export type NewBatch = z.input<typeof newBatchSchema>;

export const batchListQuery = pageQuery(["createdAt"], "-createdAt").extend({
  accountId: z.string().max(100).optional(),
  status: batchStatusSchema.optional(),
});

const count = z.number().int().nonnegative();

export const listedBatchSchema = z.object({
  id: z.string(),
  accountId: z.string(),
  accountName: z.string(),
  keyId: z.string(),
  /** Null, as the file's: it is gone. */
  keyName: z.string().nullable(),
  inputFileId: z.string(),
  fileName: z.string().nullable(),
  endpoint: z.string(),
  status: batchStatusSchema,
  pause: z.object({ by: batchPauseSchema, message: z.string(), since: momentSchema }).nullable(),
  /** Lines; `total` is 0 until they were validated. */
  counts: z.object({ total: count, completed: count, failed: count }),
  /** So far. */
  cost: amountSchema,
  createdAt: momentSchema,
  expiresAt: momentSchema,
  /** Null: it has not ended. */
  endedAt: momentSchema.nullable(),
});
export type ListedBatch = z.infer<typeof listedBatchSchema>;
export const batchPageSchema = pageOf(listedBatchSchema);

export const batchMoments = [
  "created",
  "in_progress",
  "cancelling",
  "finalizing",
  "completed",
  "failed",
  "expired",
  "cancelled",
] as const;
export type BatchMoment = (typeof batchMoments)[number];

export const batchFileKinds = ["input", "output", "error"] as const;
export type BatchFileKind = (typeof batchFileKinds)[number];

export const batchDetailsSchema = listedBatchSchema.extend({
  metadata: z.record(z.string(), z.string()).nullable(),
  /** What is wrong with a file that was refused: the first ones. `line` null: the file as a whole. */
  problems: z.array(
    z.object({ code: z.string(), line: count.nullable(), message: z.string(), param: z.string().nullable() }),
  ),
  /** How many lines name each; empty: it was not validated yet. `isPaused`: the operator lets none of the model be begun, of any batch. */
  models: z.array(z.object({ model: z.string(), lines: count, isPaused: z.boolean() })),
  /** Lines that failed or were not begun, by error code, the most frequent first. */
  failures: z.array(z.object({ code: z.string(), lines: count })),
  /** Null: it does not move, or has only begun. */
  pace: z
    .object({
      linesPerMinute: z.number().nonnegative(),
      /** Of how long that is the mean. */
      overMs: count,
      /** Null: at this pace, never. */
      endsAt: momentSchema.nullable(),
    })
    .nullable(),
  /** In the order in which they came. */
  timeline: z.array(z.object({ moment: z.enum(batchMoments), at: momentSchema })),
  /** Null: there is none, or it was deleted. */
  files: z.record(
    z.enum(batchFileKinds),
    z.object({ id: z.string(), name: z.string(), bytes: count, expiresAt: momentSchema.nullable() }).nullable(),
  ),
});
export type BatchDetails = z.infer<typeof batchDetailsSchema>;
