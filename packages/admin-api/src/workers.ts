/** The workers that are connected, with their runners and GPUs. */
import { z } from "zod";
import { momentSchema } from "./page.ts";
import { runnerActionSchema } from "./runners.ts";

const count = z.number().int().nonnegative();

/** What each of them means: `packages/protocol/src/worker-state.ts`. */
export const liveRunnerStates = [
  "starting",
  "warming",
  "ready",
  "trial",
  "ejected",
  "unhealthy",
  "drained",
  "unloaded",
  "stopped",
] as const;
export type LiveRunnerState = (typeof liveRunnerStates)[number];

export const liveRunnerSchema = z.object({
  /** Unique on its worker. */
  id: z.string(),
  kind: z.enum(["http", "process", "llama"]),
  engine: z.string(),
  engineVersion: z.string().nullable(),
  /** `host:port` of its engine; null: it is inside the worker. */
  address: z.string().nullable(),
  state: z.enum(liveRunnerStates),
  /** Why it is not ready. */
  reason: z.string().nullable(),
  models: z.array(z.string()),
  slots: count,
  busy: count,
  /** Generated tokens, over the last ten seconds; null: its worker does not say. */
  tokensPerS: z.number().nonnegative().nullable(),
  /** What can be asked of it now. */
  actions: z.array(runnerActionSchema),
});
export type LiveRunner = z.infer<typeof liveRunnerSchema>;

const reading = z.number().nullable();

/** Null: its driver does not say. */
export const liveGpuSchema = z.object({
  index: count,
  name: z.string(),
  memoryUsedMiB: reading,
  memoryTotalMiB: reading,
  utilizationPercent: reading,
  powerW: reading,
  temperatureC: reading,
});
export type LiveGpu = z.infer<typeof liveGpuSchema>;

export const liveWorkerSchema = z.object({
  id: z.string(),
  host: z.string(),
  startedAt: momentSchema,
  draining: z.boolean(),
  runners: z.array(liveRunnerSchema),
  gpus: z.array(liveGpuSchema),
});
export type LiveWorker = z.infer<typeof liveWorkerSchema>;

/** A model as the runner that serves it describes it; absent: its engine does not say. */
export const servedModelSchema = z.object({
  id: z.string(),
  /** Epoch seconds. */
  created: count,
  ownedBy: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  contextLength: z.number().int().optional(),
  quantization: z.string().optional(),
  inputModalities: z.array(z.enum(["text", "image", "audio"])),
  outputModalities: z.array(z.enum(["text", "audio"])),
  features: z.array(z.enum(["tools", "json_mode", "structured_outputs", "reasoning", "logprobs"])),
  samplingParameters: z.array(z.string()),
});

const workerSchema = liveWorkerSchema.extend({
  runners: z.array(liveRunnerSchema.extend({ served: z.array(servedModelSchema) })),
});
export type Worker = z.infer<typeof workerSchema>;
/** `GET /workers`, by id. */
export const workerListSchema = z.object({ items: z.array(workerSchema) });
/** `GET /runners`, by worker and id. */
export const runnerListSchema = z.object({ items: z.array(liveRunnerSchema.extend({ workerId: z.string() })) });
