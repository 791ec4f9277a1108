/** Keeps one lane reader per model that a runner serves, and one for the worker's own lane, and gives each claimed job its slot. */
import { type JobLane, laneClasses } from "@tera/protocol";
import {
  type ClaimedJob,
  type ReadLoop,
  type Redis,
  type RedisLog,
  startLaneReader,
  startWorkerLaneReader,
} from "@tera/queue";
import type { Supervisor } from "../runners/supervisor.ts";
import type { Generator } from "./generate.ts";

export interface Claimer {
  /** Starts and stops readers so that they match the models that are served now. */
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
  const readers = new Map<string, ReadLoop[]>();
  const stopping = new Set<Promise<void>>();
  const stopped = new AbortController();

  const isExpired = ({ job }: ClaimedJob) => job.expiresAtMs <= Date.now();

  /**
   * Lines of batches have a reader of their own, which sees fewer slots: what they leave, live requests find at once. It looks for live requests first, because on a runner
   * with one slot both readers go for the same: whichever is quicker, a live request gets it.
   */
  function startReaders(model: string): ReadLoop[] {
    return [
      startReader(model, laneClasses, () => supervisor.freeSlots(model)),
      startReader(model, [...laneClasses, "batch"], () => supervisor.idleSlots(model)),
    ];
  }

  function startReader(model: string, lanes: readonly JobLane[], freeSlots: () => number): ReadLoop {
    return startLaneReader({
      model,
      lanes,
      workerId,
      redis,
      blockingRedis: connectBlocking("tera-worker-lane"),
      freeSlots: () => (stopped.signal.aborted ? 0 : freeSlots()),
      slotFreed: (signal) => supervisor.changed(signal),
      onJob(claimed) {
        const slot = isExpired(claimed) ? undefined : supervisor.takeSlot(claimed.job);
        if (slot !== undefined) generator.start(claimed, slot);
        // Nobody waits for it any more: off the lane with it.
        else if (isExpired(claimed)) void claimed.accept();
        else void claimed.giveBack();
      },
      log,
    });
  }

  function onOwnJob(claimed: ClaimedJob): "taken" | "wait" | "passOn" | "drop" {
    if (isExpired(claimed)) return "drop";
    if (!supervisor.canServe(claimed.job)) return "passOn";
    const slot = supervisor.takeSlot(claimed.job, { strict: true });
    if (slot !== undefined) {
      generator.start(claimed, slot);
      return "taken";
    }
    pumpWhenFreed();
    return "wait";
  }

  const ownLane = startWorkerLaneReader({
    workerId,
    redis,
    blockingRedis: connectBlocking("tera-worker-own-lane"),
    onJob: onOwnJob,
    log,
  });
  let pumpIsDue = false;
  function pumpWhenFreed(): void {
    if (pumpIsDue) return;
    pumpIsDue = true;
    void supervisor.changed(stopped.signal).then(() => {
      pumpIsDue = false;
      if (!stopped.signal.aborted) ownLane.pump();
    });
  }

  function stopReader(reader: ReadLoop): void {
    const done = reader.stop().finally(() => stopping.delete(done));
    stopping.add(done);
  }

  return {
    refresh() {
      if (stopped.signal.aborted) return;
      const wanted = supervisor.laneModels();
      for (const [model, ofModel] of readers) {
        if (wanted.has(model)) continue;
        readers.delete(model);
        ofModel.forEach(stopReader);
      }
      for (const model of wanted) {
        if (!readers.has(model)) readers.set(model, startReaders(model));
      }
    },
    async stop() {
      stopped.abort();
      stopReader(ownLane);
      for (const ofModel of readers.values()) ofModel.forEach(stopReader);
      readers.clear();
      await Promise.allSettled(stopping);
    },
  };
}
