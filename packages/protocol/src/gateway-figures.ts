/** `GatewayFigures`: what a gateway has counted since it started. For people to look at; nothing is charged by it. */
import { z } from "zod";

const count = z.number().int().nonnegative();

/**
 * Upper bounds of the histograms' buckets, in milliseconds, each half as much again as the one before: 1, 2, 2, 3, 5, ... 191,751. One more bucket
 * holds what took longer. What is read out of them is off by a fifth at the most.
 */
export const figureBoundsMs: readonly number[] = Array.from({ length: 31 }, (_, step) => 1.5 ** step);

const histogramSchema = z.array(count).length(figureBoundsMs.length + 1);

export const gatewayFiguresSchema = z.object({
  version: z.literal(1),
  /** When its counters were zero, by its own clock: another moment is another process. Epoch milliseconds. */
  startedAtMs: z.number(),
  /** Requests that ended. */
  succeeded: count,
  failed: count,
  cancelled: count,
  /** Requests that a limit of their key or account refused. */
  limited: z.object({ requests: count, tokens: count, concurrency: count }),
  /** Requests that were refused otherwise before they were admitted: what the client could have known (bad key, unknown model, no credit, ...); absent: a gateway before it told. */
  refused: count.default(0),
  /** And those that could not be served although nothing was wrong with them: no replica, a full queue, Redis or Postgres away. */
  unserved: count.default(0),
  promptTokens: count,
  completionTokens: count,
  /** Requests by their time to first token, and by how long they waited for a worker: how many are in each bucket. */
  ttft: histogramSchema,
  queueWait: histogramSchema,
  /** Requests admitted and not yet ended, and those of them that wait here for a slot. Not counted up: as it is now. */
  open: count,
  waiting: count,
});
export type GatewayFigures = z.infer<typeof gatewayFiguresSchema>;
