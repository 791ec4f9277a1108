/**
 * Brings to Postgres, in batches and off the hot path, what is noted in memory and what no money hangs on: while Postgres is away it waits, what Postgres refuses is lost and counted, and so is
 * what is still there when the process ends. How much may wait is up to the queue.
 */
import { setTimeout as delay } from "node:timers/promises";
import { databaseReason, isDataRefused } from "@tera/database";

export interface BatchWriterLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What waits. */
export interface BatchQueue<Batch> {
  isEmpty(): boolean;
  /** Only called when there is something. */
  take(): Batch;
  /** It could not be written yet, and comes first again. */
  giveBack(batch: Batch): void;
  /** Requests in a batch, and in all that waits. */
  countOf(batch: Batch): number;
  count(): number;
}

export interface BatchWriterOptions<Batch> {
  queue: BatchQueue<Batch>;
  write(batch: Batch): Promise<void>;
  /** Named in the log: `kept content`, `refused requests`. */
  what: string;
  log: BatchWriterLog;
  /** So many requests are lost. Must not throw. */
  onLost(count: number): void;
  /** How long a first one waits for others. */
  batchDelayMs: number;
  /** Pause while Postgres is away. */
  retryMs: number;
}

export interface BatchWriter {
  /** False once it was closed: what comes then is lost. */
  readonly open: boolean;
  /** Something was put into the queue. */
  wake(): void;
  /** Writes what waits, if that can be done in time. */
  close(timeoutMs: number): Promise<void>;
}

export function createBatchWriter<Batch>(options: BatchWriterOptions<Batch>): BatchWriter {
  const { queue, write, what, log, onLost, batchDelayMs, retryMs } = options;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  /** Requests that are being written. */
  let underWay = 0;
  let away = false;
  let closed = false;

  function begin(): void {
    clearTimeout(timer);
    timer = undefined;
    writing ??= drain().then((pauseMs) => {
      writing = undefined;
      if (!queue.isEmpty() && !closed) timer ??= setTimeout(begin, pauseMs);
    });
  }

  /** @returns when to look again. */
  async function drain(): Promise<number> {
    while (!queue.isEmpty()) {
      const batch = queue.take();
      underWay = queue.countOf(batch);
      try {
        await write(batch);
      } catch (error) {
        if (!isDataRefused(error)) {
          // One line per outage.
          if (!away) log.warn({ reason: databaseReason(error) }, `${what} cannot be written; trying again`);
          away = true;
          queue.giveBack(batch);
          underWay = 0;
          return retryMs;
        }
        // What Postgres says of it may repeat it.
        log.error({ requests: underWay }, `Postgres refuses a batch of ${what}; it is lost`);
        onLost(underWay);
      }
      underWay = 0;
      if (away) log.info({ waiting: queue.count() }, `${what} can be written again`);
      away = false;
    }
    return batchDelayMs;
  }

  return {
    get open() {
      return !closed;
    },
    wake() {
      if (writing === undefined) timer ??= setTimeout(begin, batchDelayMs);
    },
    async close(timeoutMs) {
      closed = true;
      begin();
      const timeout = new AbortController();
      await Promise.race([writing, delay(timeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined)]);
      timeout.abort();
      clearTimeout(timer);
      const left = underWay + queue.count();
      if (left > 0) onLost(left);
    },
  };
}
