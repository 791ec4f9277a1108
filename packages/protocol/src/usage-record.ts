/** `UsageRecord`: the envelope of one request, as it is kept. Never a prompt or a completion. */
import { z } from "zod";
import { finishReasons } from "./delta.ts";
import { usageSchema } from "./usage.ts";

const ms = z.number().int().nonnegative();

/** An attempt that did not become the answer. */
const failedAttemptSchema = z.object({
  /** From 1. */
  attempt: z.number().int().positive(),
  workerId: z.string().optional(),
  runnerId: z.string().optional(),
  /** The code of what went wrong. */
  code: z.string(),
});
export type FailedAttempt = z.infer<typeof failedAttemptSchema>;

/** One purse that a request is charged to, and the lease that it was admitted against; without a lease the purse needs none. */
const holdSchema = z.object({ purseId: z.string(), leaseId: z.string().optional() });
export type Hold = z.infer<typeof holdSchema>;

export const billingLanes = ["interactive", "batch"] as const;
export type BillingLane = (typeof billingLanes)[number];

/** How a request is charged; decided when it was admitted, so that both witnesses charge the same. */
export const billingSchema = z.object({
  /** Absent: interactive. A batch's requests have a discount. */
  lane: z.enum(billingLanes).optional(),
  /** The price in force at admission; absent: the model had none. */
  priceId: z.string().optional(),
  holds: z.array(holdSchema),
});
export type Billing = z.infer<typeof billingSchema>;

export const usageRecordSchema = z.object({
  version: z.literal(1),
  requestId: z.string().min(1),
  accountId: z.string().min(1),
  keyId: z.string().min(1),
  model: z.string().min(1),
  endpoint: z.enum(["chat", "completion", "speech"]),
  stream: z.boolean(),
  /** `cancelled`: the client left. */
  status: z.enum(["succeeded", "failed", "cancelled"]),
  /** The code of the error that the client saw. */
  errorCode: z.string().optional(),
  finishReason: z.enum(finishReasons).optional(),
  usage: usageSchema,
  gatewayId: z.string().min(1),
  workerId: z.string().optional(),
  runnerId: z.string().optional(),
  /** Attempts that were made, the last one included; 0 when no worker took it. */
  attempts: z.number().int().nonnegative(),
  /** Of those, the ones that failed, in order; the worker's copy does not know them. */
  failedAttempts: z.array(failedAttemptSchema).default([]),
  /** Epoch milliseconds. */
  admittedAtMs: z.number().int().positive(),
  /** From admission until a worker accepted. */
  queueMs: ms.optional(),
  /** From admission until the first delta: time to first token. */
  ttftMs: ms.optional(),
  totalMs: ms,
  /** Absent: it is charged nothing. */
  billing: billingSchema.optional(),
  /** The worker's copy: what the gateway sealed its job with. */
  seal: z.string().optional(),
});
export type UsageRecord = z.infer<typeof usageRecordSchema>;
