/**
 * Settling: usage records reach Postgres in batches, off the hot path.
 *
 * A record waits in memory from `add` until its batch is committed; only then is it reported to `onSettled`, so that the other witness, the copy
 * in Redis, can be dropped. While Postgres is away the records wait and the batch is tried again, with a growing pause. The memory is bounded: a
 * record that finds it full is refused and counted; its copy in Redis is then the one that gets settled.
 *
 * A record's way: pending -> settled | rejected (Postgres refuses the data itself, which no repetition heals).
 */
import { setTimeout as setTimer } from "node:timers/promises";
import { databaseReason, isDataRefused } from "@tera/database";
import type { UsageRecord } from "@tera/protocol";
import type { UsageWriter } from "./settle-usage.ts";

export interface SettlerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface UsageSettlerOptions {
  writer: UsageWriter;
  log: SettlerLog;
  /** These requests are in Postgres for good. Called once per batch; must not throw. */
  onSettled?: (requestIds: string[]) => void;
  /** Postgres refuses these records; they were logged in full and will not be tried again. Must not throw. */
  onRejected?: (requestIds: string[]) => void;
  /** How long a first record waits for others; 100 ms when absent. */
  batchDelayMs?: number;
  /** Records per batch; 500 when absent. */
  batchMax?: number;
  /** Records in memory; 100,000 when absent. */
  pendingMax?: number;
}

export interface SettlerCounts {
  /** In memory now. */
  pending: number;
  /** Since the start. */
  settled: number;
  rejected: number;
  /** Not taken, because `pendingMax` were waiting. */
  refused: number;
  /** Attempts that failed because Postgres was away. */
  retries: number;
}

export interface UsageSettler {
  /** Takes a record; a second one with the same request id changes nothing. @returns false when it was refused. */
  add(record: UsageRecord): boolean;
  counts(): Readonly<SettlerCounts>;
  /** Whether such a record is in memory and not in Postgres yet. */
  hasPending(matches: (record: UsageRecord) => boolean): boolean;
  /** Settles without waiting for more. @returns how many records are still pending: 0, or Postgres did not take them in time. */
  flush(timeoutMs: number): Promise<number>;
  /** Flushes and stops. @returns as `flush`; what is left lives on in Redis only. */
  close(timeoutMs: number): Promise<number>;
}

const retryFirstMs = 100;
const retryMaxMs = 5_000;

export function createUsageSettler(options: UsageSettlerOptions): UsageSettler {
  const { writer, log, onSettled, onRejected } = options;
  const { batchDelayMs = 100, batchMax = 500, pendingMax = 100_000 } = options;

  /** By request id, in the order of arrival. */
  const pending = new Map<string, UsageRecord>();
  const counts = { settled: 0, rejected: 0, refused: 0, retries: 0 };
  let running: Promise<void> | undefined;
  let hurry = false;
  let closed = false;
  let waitsFor: "more" | "retry" | "nothing" = "nothing";
  let wake: () => void = () => undefined;

  async function run(): Promise<void> {
    let failures = 0;
    while (pending.size > 0 && !closed) {
      if (!hurry && failures === 0 && pending.size < batchMax) await pause("more", batchDelayMs);
      try {
        await settle([...pending.values().take(batchMax)]);
        if (failures > 0) log.info({ pending: pending.size }, "usage is settled again");
        failures = 0;
      } catch (error) {
        counts.retries++;
        // One line per outage, not one per attempt.
        if (failures === 0)
          log.warn({ reason: databaseReason(error), pending: pending.size }, "usage cannot be settled; trying again");
        await pause("retry", Math.min(retryFirstMs * 2 ** failures++, retryMaxMs));
      }
    }
    // In the same turn as the loop's last look: an `add` must not find a loop that has just ended.
    running = undefined;
  }

  /** Halves a batch that Postgres refuses, until the record at fault is alone: the others must not wait for it. */
  async function settle(batch: readonly UsageRecord[]): Promise<void> {
    try {
      await writer.settle(batch);
    } catch (error) {
      if (!isDataRefused(error)) throw error;
      if (batch.length === 1) {
        log.error({ reason: databaseReason(error), record: batch[0] }, "Postgres refuses a usage record");
        counts.rejected += 1;
        onRejected?.(takeOut(batch));
        return;
      }
      const middle = Math.ceil(batch.length / 2);
      await settle(batch.slice(0, middle));
      await settle(batch.slice(middle));
      return;
    }
    counts.settled += batch.length;
    onSettled?.(takeOut(batch));
  }

  function takeOut(batch: readonly UsageRecord[]): string[] {
    return batch.map(({ requestId }) => {
      pending.delete(requestId);
      return requestId;
    });
  }

  function pause(reason: "more" | "retry", ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake(), ms);
      waitsFor = reason;
      wake = () => {
        clearTimeout(timer);
        waitsFor = "nothing";
        resolve();
      };
    });
  }

  async function flush(timeoutMs: number): Promise<number> {
    hurry = true;
    wake();
    const timeout = new AbortController();
    await Promise.race([running, setTimer(timeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined)]);
    timeout.abort();
    hurry = false;
    return pending.size;
  }

  return {
    add(record) {
      if (pending.has(record.requestId)) return true;
      if (closed || pending.size >= pendingMax) {
        counts.refused++;
        return false;
      }
      pending.set(record.requestId, record);
      if (running === undefined) {
        running = run();
      } else if (waitsFor === "more" && pending.size >= batchMax) {
        wake();
      }
      return true;
    },
    counts: () => ({ pending: pending.size, ...counts }),
    hasPending: (matches) => pending.values().some(matches),
    flush,
    async close(timeoutMs) {
      const left = await flush(timeoutMs);
      closed = true;
      wake();
      return left;
    },
  };
}
