/**
 * The worker's side of its own lane: jobs that a gateway wants here and nowhere else, because another replica has failed them.
 *
 * The worker is the only reader, so there is no group: an entry stays until the worker has accepted it, passed it on, or found it expired. What cannot begin at
 * once waits here, bounded, for a slot.
 */
import { setTimeout } from "node:timers/promises";
import { decodeJob, type Job } from "@tera/protocol";
import { blockMs, type Redis, type RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { createLane } from "./lane.ts";
import type { ClaimedJob } from "./lane-reader.ts";
import { type ReadLoop, startReadLoop } from "./read-loop.ts";
import { readStreams, type StreamEntry } from "./stream-reply.ts";

const waitingMax = 1_000;
/** With so many here, the rest waits on the lane. */
const fullPauseMs = 100;

export interface WorkerLaneReader extends ReadLoop {
  /** A slot may have become free: offers what waits once more. */
  pump(): void;
}

export interface WorkerLaneReaderOptions {
  workerId: string;
  /** For commands. */
  redis: Redis;
  /** For this reader alone; closed by `stop`. */
  blockingRedis: Redis;
  /**
   * `taken`: it runs now, and `accept` is called. `wait`: no slot is free. `passOn`: it cannot be done here; the model's lane gets it.
   * `drop`: nobody waits for it any more.
   */
  onJob(claimed: ClaimedJob): "taken" | "wait" | "passOn" | "drop";
  log: RedisLog;
}

export function startWorkerLaneReader(options: WorkerLaneReaderOptions): WorkerLaneReader {
  const { workerId, redis, blockingRedis, onJob, log } = options;
  const key = keys.workerLane(workerId);
  const lane = createLane({ redis });
  const waiting = new Set<ClaimedJob>();
  let lastId = "0-0";
  let stopped = false;

  function offer(claimed: ClaimedJob): void {
    switch (onJob(claimed)) {
      case "taken":
        waiting.delete(claimed);
        return;
      case "wait":
        waiting.add(claimed);
        return;
      case "passOn":
        waiting.delete(claimed);
        void claimed.giveBack();
        return;
      case "drop":
        waiting.delete(claimed);
        void claimed.accept();
    }
  }

  function pump(): void {
    for (const claimed of waiting) offer(claimed);
  }

  function take({ id, value }: StreamEntry): void {
    const drop = () => redis.xdel(key, id);
    let job: Job;
    try {
      job = decodeJob(value ?? "");
    } catch (error) {
      log.warn({ entry: id, reason: String(error).slice(0, 200) }, "dropped a job that cannot be read");
      drop().catch(ignoreAway);
      return;
    }
    offer({
      job,
      accept: () =>
        drop().then(
          (count) => count === 1,
          () => false,
        ),
      async giveBack() {
        try {
          // Two hash tags, so not one transaction: taken off first, a crash in between costs the gateway's deadline, never a second run.
          if ((await drop()) === 1) await lane.enqueue(job);
        } catch {
          ignoreAway();
        }
      },
    });
  }

  const loop = startReadLoop({
    blockingRedis,
    doing: "reading the worker's own lane",
    log,
    async step(signal) {
      const room = waitingMax - waiting.size;
      if (room <= 0) return setTimeout(fullPauseMs, undefined, { signal });
      const block = ["COUNT", String(room), "BLOCK", String(blockMs), "STREAMS", key, lastId];
      for (const entry of readStreams(await blockingRedis.call("XREAD", ...block))) {
        lastId = entry.id;
        if (!stopped) take(entry);
      }
    },
  });
  return {
    pump,
    async stop() {
      stopped = true;
      await Promise.allSettled([...waiting].map((claimed) => claimed.giveBack()));
      waiting.clear();
      await loop.stop();
    },
  };
}

function ignoreAway(): void {
  // Redis is away: the gateway's deadline answers the client.
}
