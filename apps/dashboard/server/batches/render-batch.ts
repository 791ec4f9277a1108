/** Batches as the Admin API tells them. */
import {
  type BatchDetails,
  type BatchFileKind,
  type BatchMoment,
  batchMoments,
  type ListedBatch,
} from "@tera/admin-api/batches";
import type { ListedBatch as FoundBatch } from "@tera/batch";
import type { File } from "@tera/database";
import { formatUsd } from "@tera/metering";
import type { Pace } from "./pace-watch.ts";

/** What is beside the batch itself. */
export interface BatchBackground {
  files: Readonly<Record<BatchFileKind, File | undefined>>;
  /** Lines that failed, by error code. */
  failures: Readonly<Record<string, number>>;
  pace: Pace | undefined;
  /** Whose lanes the operator has paused. */
  pausedModels: ReadonlySet<string>;
  nowMs: number;
}

export function renderBatch(batch: FoundBatch): ListedBatch {
  const { pause, pauseReason, pausedAt } = batch;
  return {
    id: batch.id,
    accountId: batch.accountId,
    accountName: batch.accountName,
    keyId: batch.keyId,
    keyName: batch.keyName,
    inputFileId: batch.inputFileId,
    fileName: batch.fileName,
    endpoint: batch.endpoint,
    status: batch.status,
    pause:
      pause === null || pausedAt === null
        ? null
        : { by: pause, message: pauseReason ?? "", since: pausedAt.toISOString() },
    counts: { total: batch.totalLines, completed: batch.completedLines, failed: batch.failedLines },
    cost: formatUsd(batch.chargeNano),
    createdAt: batch.createdAt.toISOString(),
    expiresAt: batch.expiresAt.toISOString(),
    endedAt: endOf(batch)?.toISOString() ?? null,
  };
}

export function renderBatchDetails(batch: FoundBatch, background: BatchBackground): BatchDetails {
  const { files, failures, pace, pausedModels, nowMs } = background;
  const left = batch.totalLines - batch.completedLines - batch.failedLines;
  return {
    ...renderBatch(batch),
    metadata: batch.metadata,
    problems: batch.problems ?? [],
    models: byFrequency(batch.models ?? {}).map(([model, lines]) => ({
      model,
      lines,
      isPaused: pausedModels.has(model),
    })),
    failures: byFrequency({ ...failures, ...notBegun(batch, left) }).map(([code, lines]) => ({ code, lines })),
    pace:
      pace === undefined
        ? null
        : {
            linesPerMinute: Math.round(pace.linesPerMs * 60_000 * 10) / 10,
            overMs: Math.round(pace.overMs),
            endsAt: pace.linesPerMs === 0 ? null : toMoment(nowMs + left / pace.linesPerMs),
          },
    timeline: toTimeline(batch),
    files: { input: renderFile(files.input), output: renderFile(files.output), error: renderFile(files.error) },
  };
}

/** Lines that nobody began have no result; in the error file they have these codes. */
function notBegun({ status }: FoundBatch, left: number): Record<string, number> {
  if (left === 0) return {};
  if (status === "cancelled") return { batch_cancelled: left };
  return status === "expired" ? { batch_expired: left } : {};
}

function endOf({ completedAt, failedAt, expiredAt, cancelledAt }: FoundBatch): Date | null {
  return completedAt ?? failedAt ?? expiredAt ?? cancelledAt;
}

function toTimeline(batch: FoundBatch): BatchDetails["timeline"] {
  const moments: Record<BatchMoment, Date | null> = {
    created: batch.createdAt,
    in_progress: batch.inProgressAt,
    cancelling: batch.cancellingAt,
    finalizing: batch.finalizingAt,
    completed: batch.completedAt,
    failed: batch.failedAt,
    expired: batch.expiredAt,
    cancelled: batch.cancelledAt,
  };
  return batchMoments
    .flatMap((moment) => {
      const at = moments[moment];
      return at === null ? [] : [{ moment, at: at.toISOString() }];
    })
    .toSorted((one, other) => one.at.localeCompare(other.at));
}

function renderFile(file: File | undefined): BatchDetails["files"][BatchFileKind] {
  if (file === undefined) return null;
  const { id, filename, bytes, expiresAt } = file;
  return { id, name: filename, bytes, expiresAt: expiresAt?.toISOString() ?? null };
}

function byFrequency(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).toSorted(([one, a], [other, b]) => b - a || one.localeCompare(other));
}

/** What is further away than a date can say is never. */
function toMoment(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9_999 ? null : date.toISOString();
}
