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
import { z } from "zod";
import { runnerActionSchema } from "./runners.ts";

const perSecond = z.number().nonnegative();
const count = z.number().int().nonnegative();
/** Null: no request came so far that it could be told. */
const milliseconds = z.number().nonnegative().nullable();

/** Over all gateways. */
export const liveFiguresSchema = z.object({
  /** Requests that ended, by how; refused by a limit: they never began. */
  succeededPerS: perSecond,
  failedPerS: perSecond,
  cancelledPerS: perSecond,
  limitedPerS: perSecond,
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
  kind: z.string(),
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
  tokensPerS: perSecond.nullable(),
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

/** `GET /workers`, by id. */
export const workerListSchema = z.object({ items: z.array(liveWorkerSchema) });
/** `GET /runners`, by worker and id. */
export const runnerListSchema = z.object({ items: z.array(liveRunnerSchema.extend({ workerId: z.string() })) });

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
