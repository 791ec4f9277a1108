/** How much there is to do on the batch lane, from the rows of batches: cheap, whatever number of lines they have. */
import { type BatchStatus, batch, batchLine, type Db } from "@tera/database";
import { count, eq, inArray, min, sql } from "drizzle-orm";
import { workingStatuses } from "./batch-store.ts";

export interface LaneFigures {
  running: { model: string; lines: number }[];
  /** Lines that were not begun, those of paused batches too. Of a batch with several models they are shared out as all of its lines are. */
  open: { model: string; lines: number }[];
  /** Batches in work. */
  batches: { status: BatchStatus; isPaused: boolean; count: number; oldestAt: Date }[];
}

export async function readLaneFigures(db: Db): Promise<LaneFigures> {
  const [running, working, batches] = await Promise.all([
    db
      .select({ model: batchLine.model, lines: count() })
      .from(batchLine)
      .where(eq(batchLine.state, "running"))
      .groupBy(batchLine.model),
    db
      .select({
        models: batch.models,
        total: batch.totalLines,
        ended: sql<number>`${batch.completedLines} + ${batch.failedLines}`,
      })
      .from(batch)
      .where(eq(batch.status, "in_progress")),
    db
      .select({
        status: batch.status,
        isPaused: sql<boolean>`${batch.pause} is not null`,
        count: count(),
        oldestAt: min(batch.createdAt),
      })
      .from(batch)
      .where(inArray(batch.status, workingStatuses))
      .groupBy(batch.status, sql`${batch.pause} is not null`),
  ]);
  const left = new Map<string, number>();
  for (const { models, total, ended } of working) {
    for (const [model, lines] of Object.entries(models ?? {}))
      left.set(model, (left.get(model) ?? 0) + (lines / total) * (total - ended));
  }
  for (const { model, lines } of running) left.set(model, Math.max(0, (left.get(model) ?? 0) - lines));
  return {
    running,
    open: [...left].map(([model, lines]) => ({ model, lines: Math.round(lines) })),
    batches: batches.flatMap(({ oldestAt, ...row }) => (oldestAt === null ? [] : { ...row, oldestAt })),
  };
}
