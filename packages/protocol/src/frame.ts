/**
 * `Frame`: what a worker says to a gateway about one attempt, in sequence.
 *
 * `accepted` (seq 0) comes first, then any number of `delta`s, then exactly one `end` or `fail`. A gateway drops frames of an attempt
 * that it has given up and takes a missing sequence number for a lost attempt. The counts of an engine that counts as it goes come with the deltas, so that what was generated can
 * be charged also when the worker dies before its `end`. One encoded batch carries the frames of every stream
 * that spoke in one turn of the worker's event loop.
 */
import { z } from "zod";
import type { Delta } from "./delta.ts";
import type { ErrorCode } from "./errors.ts";
import { isErrorCode } from "./errors.ts";
import { type Usage, usageSchema } from "./usage.ts";

interface FrameHead {
  requestId: string;
  attempt: number;
  /** From 0, without gaps. */
  seq: number;
}

export interface AcceptedFrame extends FrameHead {
  type: "accepted";
  workerId: string;
  runnerId: string;
}
export interface DeltaFrame extends FrameHead {
  type: "delta";
  /** None where only the counts have changed. */
  deltas: Delta[];
  /** What was used until the end of these deltas. Absent where that is what was said last, and what `countDelta` makes of the deltas since: nearly always. */
  usage?: Usage | undefined;
}
export interface EndFrame extends FrameHead {
  type: "end";
  usage: Usage;
}
export interface FailFrame extends FrameHead {
  type: "fail";
  code: ErrorCode;
  /** Safe to show to the client. */
  message: string;
  param?: string | undefined;
  retryable: boolean;
  /** Seconds after which the engine may have room again. */
  retryAfterS?: number | undefined;
  /** What was generated before it failed; absent when nothing was. */
  usage?: Usage | undefined;
}
export type Frame = AcceptedFrame | DeltaFrame | EndFrame | FailFrame;

const head = { requestId: z.string(), attempt: z.number(), seq: z.number() };
const endSchema = z.object({ ...head, type: z.literal("end"), usage: usageSchema });
const failSchema = z.object({
  ...head,
  type: z.literal("fail"),
  code: z.string().transform((code): ErrorCode => (isErrorCode(code) ? code : "runner_failed")),
  message: z.string(),
  param: z.string().optional(),
  retryable: z.boolean(),
  retryAfterS: z.number().optional(),
  usage: usageSchema.optional(),
});
const acceptedSchema = z.object({ ...head, type: z.literal("accepted"), workerId: z.string(), runnerId: z.string() });

/** Hot path: one call per gateway and event-loop turn. */
export function encodeFrames(frames: readonly Frame[]): string {
  return JSON.stringify(frames);
}

/**
 * Hot path: delta frames, nearly all there are, get a look at their head only; the rare others, and counts, are parsed in full.
 * @throws {SyntaxError | z.ZodError | TypeError} when the text is no batch of frames.
 */
export function decodeFrames(text: string): Frame[] {
  const batch: unknown = JSON.parse(text);
  if (!Array.isArray(batch)) throw new TypeError("a frame batch is an array");
  return batch.map(decodeFrame);
}

function decodeFrame(value: unknown): Frame {
  if (isDeltaFrame(value)) {
    if (value.usage !== undefined) usageSchema.parse(value.usage);
    return value;
  }
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  if (type === "accepted") return acceptedSchema.parse(value);
  if (type === "fail") return failSchema.parse(value);
  return endSchema.parse(value);
}

function isDeltaFrame(value: unknown): value is DeltaFrame {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    value.type === "delta" &&
    "requestId" in value &&
    typeof value.requestId === "string" &&
    "attempt" in value &&
    typeof value.attempt === "number" &&
    "seq" in value &&
    typeof value.seq === "number" &&
    "deltas" in value &&
    Array.isArray(value.deltas)
  );
}
