/**
 * `GET /admin/api/live`: the installation as it is now, as server-sent events.
 *
 * | event      | data               | when                                                        |
 * |------------|--------------------|-------------------------------------------------------------|
 * | `history`  | `LiveHistory`      | first                                                       |
 * | `snapshot` | `LiveSnapshot`     | then, and every 2 s                                         |
 * | `point`    | `LivePoint`        | when one more point of the history is complete              |
 * | `trouble`  | `LiveTrouble`      | instead of a snapshot, when there is nothing to make it from |
 */

import { amountSchema, momentSchema } from "@tera/admin-api/page";
import { liveWorkerSchema } from "@tera/admin-api/workers";
import { z } from "zod";

const perSecond = z.number().nonnegative();
const count = z.number().int().nonnegative();
/** Null: no request came so far that it could be told. */
const milliseconds = z.number().nonnegative().nullable();

/** Over all gateways. */
export const liveFiguresSchema = z.object({
  /**
   * Requests that ended, by how. Those that never began: refused by a limit; refused for what the client could have known (bad key, unknown model, no credit, ...); not served although
   * nothing was wrong with them (no replica, a full queue, ...).
   */
  succeededPerS: perSecond,
  failedPerS: perSecond,
  cancelledPerS: perSecond,
  limitedPerS: perSecond,
  refusedPerS: perSecond,
  unservedPerS: perSecond,
  promptTokensPerS: perSecond,
  completionTokensPerS: perSecond,
  ttftP50Ms: milliseconds,
  ttftP95Ms: milliseconds,
  queueWaitP50Ms: milliseconds,
  queueWaitP95Ms: milliseconds,
  /** Requests that are open, and those of them that wait in a gateway for a slot. */
  open: count,
  waiting: count,
});
export type LiveFigures = z.infer<typeof liveFiguresSchema>;

/** A stretch of time; where no gateway told anything there is none. */
export const livePointSchema = liveFiguresSchema.extend({ beginsAt: momentSchema });
export type LivePoint = z.infer<typeof livePointSchema>;

export const liveHistorySchema = z.object({
  /** Length of what each point is about, in seconds. */
  everyS: count,
  /** Oldest first; of the last hour. */
  points: z.array(livePointSchema),
});
export type LiveHistory = z.infer<typeof liveHistorySchema>;

export const liveSpendSchema = z.object({ charged: amountSchema, requests: count });

export const liveSnapshotSchema = z.object({
  at: momentSchema,
  /** Gateways that told something in the last 10 s. */
  gateways: count,
  /** Rates of the last 10 s, times of the last minute. */
  now: liveFiguresSchema,
  /** By id. */
  workers: z.array(liveWorkerSchema),
  /** Of runners that take jobs. */
  slots: z.object({ busy: count, total: count }),
  /** Since midnight UTC, of all accounts; null: Postgres does not answer. */
  today: liveSpendSchema.nullable(),
});
export type LiveSnapshot = z.infer<typeof liveSnapshotSchema>;

export const liveTroubleSchema = z.object({ message: z.string() });
export type LiveTrouble = z.infer<typeof liveTroubleSchema>;
