/**
 * What worker and engine process say to each other over IPC.
 *
 * Worker: `load` first, then `generate` and `cancel` by task number. Engine: `loading` and `log` at any time, then `ready` or
 * `loadFailed` once, then `turn`s: what all tasks brought forth in one turn of its event loop.
 */
import {
  type Delta,
  type GenerationRequest,
  type ServedModel,
  servedModelSchema,
  type Usage,
  usageSchema,
} from "@tera/protocol";
import { z } from "zod";

const loadSchema = z.object({
  type: z.literal("load"),
  /** Path of a GGUF file, or `hf:owner/repo[:quant]`. */
  model: z.string(),
  /** The public id. */
  name: z.string(),
  slots: z.number().int().positive(),
  /** Tokens per sequence; absent: as much as the model was trained for and the memory holds. */
  contextLength: z.number().int().positive().optional(),
  gpu: z.enum(["auto", "off", "cuda", "vulkan", "metal"]),
  modelsDir: z.string(),
});
export type LoadMessage = z.infer<typeof loadSchema>;

const toEngineSchema = z.discriminatedUnion("type", [
  loadSchema,
  z.object({
    type: z.literal("generate"),
    taskId: z.number(),
    // Checked by the gateway, and sent by our own process.
    request: z.custom<GenerationRequest>((value) => typeof value === "object" && value !== null && "kind" in value),
  }),
  z.object({ type: z.literal("cancel"), taskId: z.number() }),
]);
export type ToEngine = z.infer<typeof toEngineSchema>;

const taskErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  param: z.string().optional(),
  detail: z.string().optional(),
  retryable: z.boolean(),
});
export type TaskError = z.infer<typeof taskErrorSchema>;

/** What one task brought forth in one turn. */
export interface TaskTurn {
  taskId: number;
  deltas: Delta[];
  /** The task's counts so far. */
  usage: Usage;
  /** Set on a task's last turn. */
  end?: { error?: TaskError | undefined };
}

const fromEngineSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("loading"), reason: z.string() }),
  z.object({ type: z.literal("loadFailed"), reason: z.string() }),
  z.object({ type: z.literal("ready"), model: servedModelSchema }),
  z.object({ type: z.literal("log"), level: z.enum(["info", "warn", "error"]), message: z.string() }),
]);
export type FromEngine =
  | z.infer<typeof fromEngineSchema>
  | { type: "ready"; model: ServedModel }
  | { type: "turn"; tasks: TaskTurn[] };

const turnEndSchema = z.object({ usage: usageSchema, end: z.object({ error: taskErrorSchema.optional() }) });

/** @throws {z.ZodError} for anything else than a message to an engine. */
export function parseToEngine(value: unknown): ToEngine {
  return toEngineSchema.parse(value);
}

/**
 * Hot path: turns come every few milliseconds, so their deltas, made by our own code, get no look.
 * @throws {z.ZodError} for anything else than a message from an engine.
 */
export function parseFromEngine(value: unknown): FromEngine {
  if (isTurn(value)) {
    for (const task of value.tasks) if (task.end !== undefined) turnEndSchema.parse(task);
    return value;
  }
  return fromEngineSchema.parse(value);
}

function isTurn(value: unknown): value is { type: "turn"; tasks: TaskTurn[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    value.type === "turn" &&
    "tasks" in value &&
    Array.isArray(value.tasks)
  );
}
