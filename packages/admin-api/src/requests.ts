/** Single requests: what came in, how it ended, and why. */
import { z } from "zod";
import { amountSchema, cursorPageOf, cursorQuery, momentSchema } from "./page.ts";

/** refused: before it was admitted; it used and cost nothing. */
export const requestStatuses = ["succeeded", "failed", "cancelled", "refused"] as const;
export const requestStatusSchema = z.enum(requestStatuses);
export type RequestStatus = z.infer<typeof requestStatusSchema>;

/** batch: lines of batches; interactive: all others. Those that were refused are on none. */
export const requestLanes = ["interactive", "batch"] as const;
export const requestLaneSchema = z.enum(requestLanes);

const filters = {
  accountId: z.string().max(100).optional(),
  keyId: z.string().max(100).optional(),
  code: z.string().max(100).optional(),
  from: momentSchema.optional(),
  /** Not itself. */
  to: momentSchema.optional(),
};

export const requestListQuery = cursorQuery.extend({
  ...filters,
  /** The `x-request-id` of its answer. With it, nothing else is looked at. */
  id: z.string().trim().max(100).optional(),
  model: z.string().max(512).optional(),
  status: requestStatusSchema.optional(),
  lane: requestLaneSchema.optional(),
});

const count = z.number().int().nonnegative();

export const listedRequestSchema = z.object({
  id: z.string(),
  /** When it was admitted, or refused. */
  at: momentSchema,
  status: requestStatusSchema,
  /** Of the error that the client saw. */
  code: z.string().nullable(),
  /** Null: it was refused before that was read. */
  model: z.string().nullable(),
  /** Null, as the next: it was refused. */
  endpoint: z.enum(["chat", "completion", "speech"]).nullable(),
  stream: z.boolean().nullable(),
  accountId: z.string(),
  /** Null, as the key's: it is gone. */
  accountName: z.string().nullable(),
  keyId: z.string(),
  keyName: z.string().nullable(),
  keyLastFour: z.string().nullable(),
  promptTokens: count,
  /** Of the prompt tokens. */
  cachedTokens: count,
  completionTokens: count,
  /** Of the completion tokens. */
  reasoningTokens: count,
  speechCharacters: count,
  /** What was charged, with later corrections. */
  cost: amountSchema,
  /** From admission to the first token; null: there was none. */
  ttftMs: count.nullable(),
  totalMs: count.nullable(),
  failedAttempts: count,
  /** What the client of a refused request was told. */
  message: z.string().nullable(),
  /** Until when a refused request is kept. */
  expiresAt: momentSchema.nullable(),
});
export type ListedRequest = z.infer<typeof listedRequestSchema>;
export const requestPageSchema = cursorPageOf(listedRequestSchema);

/** `GET /requests/records` and, one in a line and all of a period, `GET /requests.jsonl`. */
export const requestRecordQuery = cursorQuery.extend({
  ...filters,
  model: z.string().max(512).optional(),
  status: requestStatusSchema.exclude(["refused"]).optional(),
  lane: requestLaneSchema.optional(),
});
export const requestExportQuery = requestRecordQuery.omit({
  before: true,
  pageSize: true,
  code: true,
  status: true,
  lane: true,
});

/** A request that was admitted, with all that was metered of it. */
export const requestRecordSchema = z.object({
  requestId: z.string(),
  accountId: z.string(),
  keyId: z.string(),
  model: z.string(),
  endpoint: z.enum(["chat", "completion", "speech"]),
  stream: z.boolean(),
  status: requestStatusSchema.exclude(["refused"]),
  errorCode: z.string().nullable(),
  finishReason: z.string().nullable(),
  promptTokens: count,
  cachedTokens: count,
  completionTokens: count,
  reasoningTokens: count,
  speechCharacters: count,
  /** Who counted: the engine, or Tera from the pieces of the answer. */
  usageSource: z.enum(["engine", "counted"]),
  /** Empty to customers; null, as workers and runners are to them: none had it. */
  gatewayId: z.string(),
  workerId: z.string().nullable(),
  runnerId: z.string().nullable(),
  attempts: count,
  failedAttempts: z.array(
    z.object({
      attempt: z.number().int(),
      workerId: z.string().optional(),
      runnerId: z.string().optional(),
      code: z.string(),
    }),
  ),
  admittedAt: momentSchema,
  lane: requestLaneSchema,
  priceId: z.string().nullable(),
  queueMs: count.nullable(),
  ttftMs: count.nullable(),
  totalMs: count,
  settledAt: momentSchema,
  charged: amountSchema,
  /** What re-rating has changed since. */
  corrected: amountSchema,
  cost: amountSchema,
  ledgerTransactionId: z.string().nullable(),
});
export type RequestRecord = z.infer<typeof requestRecordSchema>;
export const requestRecordPageSchema = cursorPageOf(requestRecordSchema);

/** A line of `GET /requests.jsonl`. */
export const exportedRequestSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

export const refusalSumQuery = z.object(filters);
/** `GET /admin/api/requests/refusals`: of the last seven days at most, whether they are listed or not. */
export const refusalSumsSchema = z.object({
  items: z.array(z.object({ code: z.string(), why: z.string(), requests: count })),
  total: count,
});
export type RefusalSums = z.infer<typeof refusalSumsSchema>;

const pricedSchema = z.object({
  priceId: z.string(),
  revision: z.number().int(),
  validFrom: momentSchema,
  lines: z.array(
    z.object({
      measure: z.enum(["input", "cached_input", "output", "request", "character"]),
      quantity: z.string(),
      /** For one. */
      unit: amountSchema,
      amount: amountSchema,
    }),
  ),
  /** Of the batch lane: negative or 0. */
  discount: amountSchema,
  amount: amountSchema,
});
export type PricedUsage = z.infer<typeof pricedSchema>;

export const requestSteps = ["admitted", "queued", "accepted", "first_token", "ended", "settled"] as const;
export type RequestStep = (typeof requestSteps)[number];

export const requestDetailsSchema = listedRequestSchema.extend({
  /** Why it ended as it did, in plain words. */
  why: z.string(),
  finishReason: z.string().nullable(),
  lane: requestLaneSchema.nullable(),
  /** Who counted its tokens. */
  usageSource: z.enum(["engine", "counted"]).nullable(),
  /** Null to customers, as workers and runners. */
  gatewayId: z.string().nullable(),
  /** Steps that it did not reach are left out; empty: it was refused. */
  timeline: z.array(
    z.object({
      step: z.enum(requestSteps),
      at: momentSchema,
      afterMs: count,
      /** Null: it is the last one. */
      lastsMs: count.nullable(),
    }),
  ),
  attempts: z.array(
    z.object({
      attempt: z.number().int(),
      outcome: z.enum(["answered", "cancelled", "failed"]),
      code: z.string().nullable(),
      why: z.string().nullable(),
      workerId: z.string().nullable(),
      runnerId: z.string().nullable(),
    }),
  ),
  billing: z
    .object({
      /** When it was settled. */
      charge: amountSchema,
      nothingBecause: z.string().nullable(),
      /** How the charge came about; null: nothing was charged. */
      priced: pricedSchema.nullable(),
      corrections: z.array(
        z.object({
          at: momentSchema,
          /** Null to customers. */
          author: z.string().nullable(),
          reason: z.string(),
          ledgerTransactionId: z.string(),
          amount: amountSchema,
          priced: pricedSchema,
        }),
      ),
    })
    .nullable(),
  /** All that was metered of it; null: it was refused. */
  record: requestRecordSchema.nullable(),
  /** Prompt and answer were kept, and have not expired. */
  hasContent: z.boolean(),
});
export type RequestDetails = z.infer<typeof requestDetailsSchema>;

/** `GET /admin/api/requests/{id}/content` */
export const requestContentSchema = z.object({
  prompt: z.object({
    parts: z.array(
      z.object({
        /** system, user, assistant, tool, ... */
        role: z.string(),
        text: z.string(),
        /** Characters that are missing at its end. */
        cut: count.optional(),
      }),
    ),
    /** Older messages that were not kept. */
    missingParts: count,
  }),
  answer: z.object({
    parts: z.array(
      z.object({
        index: count,
        reasoning: z.string().optional(),
        text: z.string().optional(),
        toolCalls: z.array(z.object({ name: z.string(), arguments: z.string() })).optional(),
        cut: count.optional(),
      }),
    ),
    missingParts: count,
  }),
  expiresAt: momentSchema,
});
export type RequestContent = z.infer<typeof requestContentSchema>;
