/**
 * The loop of every blocking reader: one step after the other, on a connection of its own, until it is stopped.
 *
 * A step that fails (Redis is away, or came back empty) is tried again after a pause; an outage is one line in the log, not one per attempt.
 */
import { setTimeout } from "node:timers/promises";
import type { Redis, RedisLog } from "./connection.ts";

const retryDelayMs = 100;

export interface ReadLoopOptions {
  /** Of this loop alone; closed by `stop`, which ends a read that blocks. */
  blockingRedis: Redis;
  /** One read and what follows from it. The signal fires when the loop is stopped. */
  step(signal: AbortSignal): Promise<void>;
  /** For the log: "reading replies". */
  doing: string;
  log: RedisLog;
}

export interface ReadLoop {
  stop(): Promise<void>;
}

export function startReadLoop({ blockingRedis, step, doing, log }: ReadLoopOptions): ReadLoop {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function run(): Promise<void> {
    let failing = false;
    while (!signal.aborted) {
      try {
        await step(signal);
        failing = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!failing)
          log.warn({ reason: error instanceof Error ? error.message : String(error) }, `${doing} failed, trying again`);
        failing = true;
        await setTimeout(retryDelayMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      blockingRedis.disconnect();
      await running;
    },
  };
}
