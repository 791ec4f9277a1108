/** What a worker tells the gateways every second: its runners, their models, health and free slots. */
import { z } from "zod";

/** Capabilities that the model listing names and that dialects check before a job is made. */
export const modelFeatures = ["tools", "json_mode", "structured_outputs", "reasoning", "logprobs"] as const;
export type ModelFeature = (typeof modelFeatures)[number];

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
  inputModalities: z.array(z.enum(["text", "image", "audio"])),
  outputModalities: z.array(z.enum(["text", "audio"])),
  features: z.array(z.enum(modelFeatures)),
  samplingParameters: z.array(z.string()),
});
export type ServedModel = z.infer<typeof servedModelSchema>;

/**
 * A runner's life: starting -> ready <-> unhealthy -> stopped.
 * starting: not yet able to answer. ready: takes jobs. unhealthy: its engine cannot be reached or failed; it is tried again.
 * stopped: will not come back. The runner itself is the only writer of its state.
 */
export const runnerStates = ["starting", "ready", "unhealthy", "stopped"] as const;
export type RunnerState = (typeof runnerStates)[number];

export const runnerStatusSchema = z.object({
  id: z.string().min(1),
  kind: z.enum(["http", "process", "llama"]),
  engine: z.string(),
  state: z.enum(runnerStates),
  /** Why it is not ready, in words for the operator. */
  reason: z.string().optional(),
  models: z.array(servedModelSchema),
  /** Sequences it can run at once, and those it runs now. */
  slots: z.number().int().nonnegative(),
  busy: z.number().int().nonnegative(),
});
export type RunnerStatus = z.infer<typeof runnerStatusSchema>;

export const workerStateSchema = z.object({
  version: z.literal(1),
  workerId: z.string().min(1),
  host: z.string(),
  /** Epoch milliseconds. */
  startedAtMs: z.number(),
  draining: z.boolean(),
  runners: z.array(runnerStatusSchema),
});
export type WorkerState = z.infer<typeof workerStateSchema>;
