/**
 * Batches as their owners see them: made, listed, cancelled, paused; and as the lane moves them on. Each move names the state that it leaves, so that two movers
 * of one batch do it once.
 */
import {
  type Batch,
  type BatchEndpoint,
  type BatchPause,
  type BatchProblem,
  type BatchStatus,
  batch,
  batchLine,
  batchResult,
  type Db,
} from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { and, count, desc, eq, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { Transaction } from "./with-lock.ts";

export interface NewBatch {
  accountId: string;
  keyId: string;
  endpoint: BatchEndpoint;
  inputFileId: string;
  completionWindow: string;
  windowMs: number;
  metadata: Record<string, string> | null;
}

export interface BatchStore {
  create(values: NewBatch): Promise<Batch>;
  /** @param accountId undefined: of any account. */
  find(batchId: string, accountId?: string): Promise<Batch | undefined>;
  /** The newest first. @param after only what is older than this batch. */
  list(query: { accountId: string; after?: string | undefined; limit: number }): Promise<Batch[]>;
  /** Batches in one of these states, the oldest first. */
  listIn(statuses: readonly BatchStatus[]): Promise<Batch[]>;
  /** Open batches that read this file. */
  listReading(fileId: string): Promise<string[]>;
  /** All lines are there. @param models how many lines name each @returns false: it is not being validated any more. */
  begin(batchId: string, totalLines: number, models: Readonly<Record<string, number>>): Promise<boolean>;
  fail(batchId: string, problems: readonly BatchProblem[]): Promise<void>;
  /** Nothing more of it is begun. @returns undefined: there is none, or it has ended. */
  cancel(batchId: string, accountId?: string): Promise<Batch | undefined>;
  /**
   * Lines are left to one who waits; what runs goes on. A batch that is paused stays paused for the reason that it has.
   * @param over but for these, in whose place the new one is put
   */
  pause(batchId: string, pause: BatchPause, reason: string, over?: readonly BatchPause[]): Promise<boolean>;
  /** Batches that were out of credit and may have some again: something was paid since, or a while has passed (a budget begins anew with the day). */
  resumePaid(): Promise<void>;
  /** @param pause only if it was paused for this. */
  resume(batchId: string, pause?: BatchPause): Promise<boolean>;
  /** What is left of batches whose time is over, or that were cancelled, is closed; batches of which nothing is open or runs begin to be finalized. */
  closeLines(): Promise<void>;
  /** The files are written: the end. */
  complete(
    batchId: string,
    files: { outputFileId: string | null; errorFileId: string | null },
  ): Promise<Batch | undefined>;
  /** How many of its lines have failed so far, by error code. */
  countFailures(of: Pick<Batch, "id" | "failures">): Promise<Record<string, number>>;
}

const now = sql`clock_timestamp()`;
/** Something is still done for it. */
export const workingStatuses: readonly BatchStatus[] = ["validating", "in_progress", "finalizing", "cancelling"];
/** A batch without credit is tried again after this, whatever happened. */
const lookAgainMs = 60_000;
/** Lines closed by one statement: its locks are short. */
const closeMax = 20_000;

export function createBatchStore({ db }: { db: Db | Transaction }): BatchStore {
  const ofAccount = (accountId: string | undefined) =>
    accountId === undefined ? undefined : eq(batch.accountId, accountId);

  async function closeLinesOf(batchId: string, state: "cancelled" | "expired"): Promise<void> {
    let closed: number;
    do {
      const rows = await db
        .update(batchLine)
        .set({ state })
        .where(
          and(
            eq(batchLine.batchId, batchId),
            sql`${batchLine.number} in (select number from batch_line where batch_id = ${batchId} and state = 'open' order by number limit ${closeMax} for update skip locked)`,
          ),
        )
        .returning({ number: batchLine.number });
      closed = rows.length;
    } while (closed === closeMax);
  }

  async function countResults(batchId: string): Promise<Record<string, number>> {
    const rows = await db
      .select({ code: sql<string>`coalesce(${batchResult.errorCode}, 'internal_error')`, lines: count() })
      .from(batchResult)
      .where(and(eq(batchResult.batchId, batchId), batchResult.isError))
      .groupBy(batchResult.errorCode);
    return Object.fromEntries(rows.map(({ code, lines }) => [code, lines]));
  }

  return {
    async create({ windowMs, ...values }) {
      const [created] = await db
        .insert(batch)
        .values({
          ...values,
          id: `batch_${randomBase62(24)}`,
          createdAt: now,
          expiresAt: sql`clock_timestamp() + ${windowMs}::double precision * interval '1 millisecond'`,
        })
        .returning();
      if (created === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      return created;
    },
    async find(batchId, accountId) {
      const [found] = await db
        .select()
        .from(batch)
        .where(and(eq(batch.id, batchId), ofAccount(accountId)));
      return found;
    },
    async list({ accountId, after, limit }) {
      const position =
        after === undefined
          ? undefined
          : sql`(${batch.createdAt}, ${batch.id}) < (select created_at, id from batch where id = ${after} and account_id = ${accountId})`;
      return db
        .select()
        .from(batch)
        .where(and(eq(batch.accountId, accountId), position))
        .orderBy(desc(batch.createdAt), desc(batch.id))
        .limit(limit);
    },
    async listIn(statuses) {
      return db
        .select()
        .from(batch)
        .where(inArray(batch.status, [...statuses]))
        .orderBy(batch.createdAt, batch.id);
    },
    async listReading(fileId) {
      const rows = await db
        .select({ id: batch.id })
        .from(batch)
        .where(and(eq(batch.inputFileId, fileId), inArray(batch.status, workingStatuses)));
      return rows.map(({ id }) => id);
    },
    async begin(batchId, totalLines, models) {
      const begun = await db
        .update(batch)
        .set({ status: "in_progress", inProgressAt: now, totalLines, models })
        .where(and(eq(batch.id, batchId), eq(batch.status, "validating")))
        .returning({ id: batch.id });
      return begun.length > 0;
    },
    async fail(batchId, problems) {
      await db
        .update(batch)
        .set({ status: "failed", failedAt: now, problems: [...problems] })
        .where(and(eq(batch.id, batchId), eq(batch.status, "validating")));
    },
    async cancel(batchId, accountId) {
      const [cancelled] = await db
        .update(batch)
        .set({ status: "cancelling", cancellingAt: now, pause: null, pauseReason: null, pausedAt: null })
        .where(and(eq(batch.id, batchId), ofAccount(accountId), inArray(batch.status, ["validating", "in_progress"])))
        .returning();
      return cancelled;
    },
    async pause(batchId, pause, reason, over = []) {
      const replaceable = or(isNull(batch.pause), inArray(batch.pause, [...over]));
      const paused = await db
        .update(batch)
        .set({ pause, pauseReason: reason, pausedAt: now })
        .where(and(eq(batch.id, batchId), inArray(batch.status, ["validating", "in_progress"]), replaceable))
        .returning({ id: batch.id });
      return paused.length > 0;
    },
    async resumePaid() {
      const paid = sql`exists (select from purse p where p.id = ${batch.accountId} and p.updated_at > ${batch.pausedAt} and p.balance_nano > 0)`;
      await db
        .update(batch)
        .set({ pause: null, pauseReason: null, pausedAt: null })
        .where(
          and(
            eq(batch.pause, "credit"),
            sql`(${paid} or ${batch.pausedAt} < ${now} - ${lookAgainMs}::double precision * interval '1 millisecond')`,
          ),
        );
    },
    async resume(batchId, pause) {
      const resumed = await db
        .update(batch)
        .set({ pause: null, pauseReason: null, pausedAt: null })
        .where(
          and(eq(batch.id, batchId), pause === undefined ? sql`${batch.pause} is not null` : eq(batch.pause, pause)),
        )
        .returning({ id: batch.id });
      return resumed.length > 0;
    },
    async closeLines() {
      const closing = await db
        .select({ id: batch.id, status: batch.status })
        .from(batch)
        .where(
          sql`${eq(batch.status, "cancelling")} or (${and(inArray(batch.status, ["in_progress"]), lt(batch.expiresAt, now))})`,
        );
      for (const { id, status } of closing) await closeLinesOf(id, status === "cancelling" ? "cancelled" : "expired");
      await db
        .update(batch)
        .set({ status: "finalizing", finalizingAt: now, pause: null, pauseReason: null, pausedAt: null })
        .where(
          and(
            inArray(batch.status, ["in_progress", "cancelling"]),
            sql`not exists (select from batch_line l where l.batch_id = ${batch.id} and l.state in ('open', 'running'))`,
          ),
        );
    },
    async complete(batchId, files) {
      const ended = sql`case
        when ${batch.cancellingAt} is not null then 'cancelled'
        when ${batch.completedLines} + ${batch.failedLines} < ${batch.totalLines} then 'expired'
        else 'completed' end`;
      const [completed] = await db
        .update(batch)
        .set({
          ...files,
          failures: await countResults(batchId),
          status: sql`${ended}`,
          cancelledAt: sql`case when ${ended} = 'cancelled' then ${now} end`,
          expiredAt: sql`case when ${ended} = 'expired' then ${now} end`,
          completedAt: sql`case when ${ended} = 'completed' then ${now} end`,
        })
        .where(and(eq(batch.id, batchId), eq(batch.status, "finalizing")))
        .returning();
      return completed;
    },
    countFailures: async ({ id, failures }) => failures ?? countResults(id),
  };
}
