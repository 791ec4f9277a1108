/**
 * `Job`: one attempt at a request, as it lies on a lane.
 *
 * The message is versioned: a worker that meets a version it does not know leaves the entry to a worker that does.
 */
import { z } from "zod";
import type { GenerationRequest } from "./generation-request.ts";
import { type Billing, billingSchema } from "./usage-record.ts";

export const jobVersion = 1;

export const laneClasses = ["high", "normal", "low"] as const;
export type LaneClass = (typeof laneClasses)[number];

/** What lanes there are: those of live requests, and one for lines of batches, which only get slots that live requests leave free. */
export const jobLanes = [...laneClasses, "batch"] as const;
export type JobLane = (typeof jobLanes)[number];

/** So long a worker may hold back what is said of a line of a batch. Milliseconds. */
export const batchFrameEveryMs = 1_000;

export interface Job {
  version: typeof jobVersion;
  /** The request's id, the same for all its attempts, in usage and in `x-request-id`. */
  requestId: string;
  /** From 1. Frames of an attempt that the gateway has given up are dropped. */
  attempt: number;
  /** Whose reply stream the frames go to. */
  gatewayId: string;
  accountId: string;
  keyId: string;
  laneClass: JobLane;
  /** Whether the client asked for a stream: for the usage record; the worker streams in any case. */
  stream: boolean;
  /** Epoch milliseconds. */
  admittedAtMs: number;
  /** Epoch milliseconds. Past it nobody waits for an answer any more. */
  expiresAtMs: number;
  /** Replicas that failed this request before, by `replicaName`. */
  avoidRunners: string[];
  /** How it is charged: for the worker's copy of the usage. */
  billing: Billing;
  /** The gateways' proof that they admitted this; goes back with the worker's copy of the usage. */
  seal: string;
  request: GenerationRequest;
}

/**
 * The envelope is checked in full. The request inside was validated by the gateway's dialect and comes through our own Redis, so only
 * its kind and model are looked at again: a million-token prompt is not walked twice.
 */
const jobSchema = z.object({
  version: z.literal(jobVersion),
  requestId: z.string().min(1),
  attempt: z.number().int().positive(),
  gatewayId: z.string().min(1),
  accountId: z.string(),
  keyId: z.string(),
  laneClass: z.enum(jobLanes),
  stream: z.boolean(),
  admittedAtMs: z.number(),
  expiresAtMs: z.number(),
  avoidRunners: z.array(z.string()),
  billing: billingSchema,
  seal: z.string(),
  request: z.custom<GenerationRequest>(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      "kind" in value &&
      (value.kind === "chat" || value.kind === "completion" || value.kind === "speech") &&
      "model" in value &&
      typeof value.model === "string",
    "not a generation request",
  ),
});

export function encodeJob(job: Job): string {
  return JSON.stringify(job);
}

/** @throws {SyntaxError | z.ZodError} when the text is no job of a version that we know. */
export function decodeJob(text: string): Job {
  return jobSchema.parse(JSON.parse(text));
}
