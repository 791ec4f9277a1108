/** Keeps one lane reader per model that a ready runner serves, and gives each claimed job its slot. */
import { type ReadLoop, type Redis, type RedisLog, startLaneReader } from "@tera/queue";
import type { Supervisor } from "../runners/supervisor.ts";
import type { Generator } from "./generate.ts";

export interface Claimer {
  /** Starts and stops readers so that they match the models that are ready now. */
  refresh(): void;
  /** Claims nothing more. What runs goes on. */
  stop(): Promise<void>;
}

export interface ClaimerDependencies {
  workerId: string;
  redis: Redis;
  /** A new connection for one blocking reader. */
  connectBlocking(name: string): Redis;
  supervisor: Supervisor;
  generator: Generator;
  log: RedisLog;
}

export function createClaimer(dependencies: ClaimerDependencies): Claimer {
  const { workerId, redis, connectBlocking, supervisor, generator, log } = dependencies;
  const readers = new Map<string, ReadLoop>();
  const stopping = new Set<Promise<void>>();
  let stopped = false;

  function startReader(model: string): ReadLoop {
    return startLaneReader({
      model,
      workerId,
      redis,
      blockingRedis: connectBlocking(`tera-worker-lane`),
      freeSlots: () => (stopped ? 0 : supervisor.freeSlots(model)),
      slotFreed: (signal) => supervisor.changed(signal),
      onJob(claimed) {
        const { job } = claimed;
        const slot = job.expiresAtMs > Date.now() ? supervisor.takeSlot(model, job.avoidRunners) : undefined;
        if (slot !== undefined) generator.start(claimed, slot);
        // Nobody waits for it any more: off the lane with it.
        else if (job.expiresAtMs <= Date.now()) void claimed.accept();
        else void claimed.giveBack();
      },
      log,
    });
  }

  function stopReader(reader: ReadLoop): void {
    const done = reader.stop().finally(() => stopping.delete(done));
    stopping.add(done);
  }

  return {
    refresh() {
      if (stopped) return;
      const wanted = supervisor.readyModels();
      for (const [model, reader] of readers) {
        if (wanted.has(model)) continue;
        readers.delete(model);
        stopReader(reader);
      }
      for (const model of wanted) {
        if (!readers.has(model)) readers.set(model, startReader(model));
      }
    },
    async stop() {
      stopped = true;
      for (const reader of readers.values()) stopReader(reader);
      readers.clear();
      await Promise.allSettled(stopping);
    },
  };
}
