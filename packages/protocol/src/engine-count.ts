/** `EngineCount`: what an engine's own counters say of a stretch of time, beside what its worker heard in the answers. Told again and again while it lasts, each time whole. */
import { z } from "zod";

const tokens = z.number().int().nonnegative();

/** Between what is certain and what is possible: answers that were cut, or under way when the counters were read, are known only so far. */
export const tokenRangeSchema = z.object({ min: tokens, max: tokens });
export type TokenRange = z.infer<typeof tokenRangeSchema>;

export const engineMeasureSchema = z.object({
  /** By how much the engine's counter grew. */
  counted: tokenRangeSchema,
  /** What the worker asked for, canaries and failed attempts included, in the engine's way of counting. */
  made: tokenRangeSchema,
  /** What usage records should have of it. */
  served: tokenRangeSchema,
  /** Of what was made: the worker's own small generations, which are nobody's requests. */
  canary: tokens,
});
export type EngineMeasure = z.infer<typeof engineMeasureSchema>;

export const engineCountSchema = z.object({
  version: z.literal(1),
  workerId: z.string().min(1),
  runnerId: z.string().min(1),
  engine: z.string(),
  /** `host:port`, the same for every worker that calls this engine; the host is the worker's own where it calls it on loopback. */
  engineAddress: z.string(),
  /** Epoch milliseconds, by the worker's clock: of the reading that it begins with, and of the last one. */
  openedAtMs: z.number().int().positive(),
  closedAtMs: z.number().int().positive(),
  prompt: engineMeasureSchema,
  completion: engineMeasureSchema,
});
export type EngineCount = z.infer<typeof engineCountSchema>;
