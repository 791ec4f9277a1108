/** What a worker tells the gateways every second: its runners, their models, health and free slots. */
import { z } from "zod";

/** Capabilities that the model listing names and that dialects check before a job is made. */
export const modelFeatures = ["tools", "json_mode", "structured_outputs", "reasoning", "logprobs"] as const;
export type ModelFeature = (typeof modelFeatures)[number];

export const inputModalities = ["text", "image", "audio"] as const;
export type InputModality = (typeof inputModalities)[number];
export const outputModalities = ["text", "audio"] as const;
export type OutputModality = (typeof outputModalities)[number];

export const servedModelSchema = z.object({
  /** The public id, by preference the Hugging Face one. */
  id: z.string().min(1),
  /** Epoch seconds. */
  created: z.number().int().nonnegative(),
  ownedBy: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  /** Tokens that prompt and answer may have together; absent when the engine does not say. */
  contextLength: z.number().int().positive().optional(),
  quantization: z.string().optional(),
  inputModalities: z.array(z.enum(inputModalities)),
  outputModalities: z.array(z.enum(outputModalities)),
  features: z.array(z.enum(modelFeatures)),
  samplingParameters: z.array(z.string()),
});
export type ServedModel = z.infer<typeof servedModelSchema>;

/**
 * The states of a runner as everybody sees them.
 *
 * | state     | meaning                                                              | takes jobs        |
 * |-----------|----------------------------------------------------------------------|-------------------|
 * | starting  | not yet able to answer                                               | no                |
 * | warming   | answers, and a first small generation is under way                   | no                |
 * | ready     | in rotation                                                          | up to its slots   |
 * | trial     | was ejected, has passed a canary, must still show that it works      | one at a time     |
 * | ejected   | its generations failed; a canary is tried again after a pause        | no                |
 * | unhealthy | its engine cannot be reached or says that it is ill; it is tried again | no              |
 * | stopped   | will not come back                                                   | no                |
 * | drained   | the operator took it out: it finishes what it runs; resume puts it back | no             |
 * | unloaded  | the operator stopped its engine, which holds no GPU; load starts it  | no                |
 *
 * The runner itself writes starting, ready, unhealthy and stopped. The worker's health tracker lays warming, trial and ejected over a runner
 * that calls itself ready. The operator's word, drained and unloaded, lies over all of them.
 */
export const runnerStates = [
  "starting",
  "warming",
  "ready",
  "trial",
  "ejected",
  "unhealthy",
  "stopped",
  "drained",
  "unloaded",
] as const;
export type RunnerState = (typeof runnerStates)[number];

export const runnerKinds = ["http", "process", "llama"] as const;
export type RunnerKind = (typeof runnerKinds)[number];

const runnerStatusSchema = z.object({
  id: z.string().min(1),
  kind: z.enum(runnerKinds),
  engine: z.string(),
  /** As the engine tells it. */
  engineVersion: z.string().optional(),
  /** `host:port` of its engine, as its worker calls it; absent when the engine is inside the worker. */
  address: z.string().optional(),
  state: z.enum(runnerStates),
  /** Why it is not ready, in words for the operator. */
  reason: z.string().optional(),
  models: z.array(servedModelSchema),
  /** Sequences it can run at once, and those it runs now. */
  slots: z.number().int().nonnegative(),
  busy: z.number().int().nonnegative(),
  /** Tokens that it generated, per second, over the last ten. */
  tokensPerS: z.number().nonnegative().optional(),
});
export type RunnerStatus = z.infer<typeof runnerStatusSchema>;

/** How many jobs a runner may have at once in the state that it is in. */
export function openSlots({ state, slots }: Pick<RunnerStatus, "state" | "slots">): number {
  if (state === "ready") return slots;
  return state === "trial" ? Math.min(1, slots) : 0;
}

/** One GPU as its driver reports it; what the driver does not say is absent. */
export const gpuStatusSchema = z.object({
  index: z.number().int().nonnegative(),
  name: z.string(),
  memoryUsedMiB: z.number().nonnegative().optional(),
  memoryTotalMiB: z.number().nonnegative().optional(),
  utilizationPercent: z.number().min(0).max(100).optional(),
  powerW: z.number().nonnegative().optional(),
  temperatureC: z.number().optional(),
});
export type GpuStatus = z.infer<typeof gpuStatusSchema>;

export const workerStateSchema = z.object({
  version: z.literal(1),
  workerId: z.string().min(1),
  host: z.string(),
  /** Epoch milliseconds. */
  startedAtMs: z.number(),
  draining: z.boolean(),
  runners: z.array(runnerStatusSchema),
  gpus: z.array(gpuStatusSchema).default([]),
});
export type WorkerState = z.infer<typeof workerStateSchema>;
