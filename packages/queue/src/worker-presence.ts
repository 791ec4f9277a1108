/** A worker's heartbeat, and the gateways' roster of who is alive and what they serve. */
import { type WorkerState, workerStateSchema } from "@tera/protocol";
import type { Redis, RedisLog } from "./connection.ts";
import { publishInvalidation } from "./invalidation.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";

const beatEveryMs = 1_000;
const stateTtlMs = 3_000;

export interface WorkerPresence {
  /** Tells the gateways now, instead of at the next beat. */
  announce(): void;
  stop(): Promise<void>;
}

export function startWorkerPresence(options: { redis: Redis; log: RedisLog; state(): WorkerState }): WorkerPresence {
  const { redis, log, state } = options;
  let lastBeat: Promise<void> = Promise.resolve();
  let announcing = false;
  let failing = false;

  async function beat(): Promise<void> {
    const current = state();
    const key = keys.workerState(current.workerId);
    await Promise.all([
      redis.multi().hset(key, "state", JSON.stringify(current)).pexpire(key, stateTtlMs).exec(),
      redis.sadd(keys.workers, current.workerId),
    ]);
    if (failing) log.info({}, "the heartbeat is back");
    failing = false;
  }

  function ignoreAway(error: Error): void {
    // One line per outage, not one per beat.
    if (!failing) log.warn({ reason: error.message }, "heartbeat failed");
    failing = true;
  }

  const timer = setInterval(() => {
    lastBeat = beat().catch(ignoreAway);
  }, beatEveryMs);

  return {
    announce() {
      if (announcing) return;
      announcing = true;
      // Several changes in one turn are one announcement.
      setImmediate(() => {
        announcing = false;
        lastBeat = beat()
          .then(() => publishInvalidation(redis, { type: "workers" }))
          .catch(ignoreAway);
      });
    },
    async stop() {
      clearInterval(timer);
      await lastBeat;
      const { workerId } = state();
      await Promise.allSettled([
        redis.del(keys.workerState(workerId)),
        redis.srem(keys.workers, workerId),
        publishInvalidation(redis, { type: "workers" }),
      ]);
    },
  };
}

/** The state of every worker that gave a sign of life in the last 3 s. A state that cannot be read (another version) is left out. */
export async function readWorkerStates(redis: Redis): Promise<WorkerState[]> {
  const workerIds = await redis.smembers(keys.workers);
  const texts = await Promise.all(workerIds.map((workerId) => redis.hget(keys.workerState(workerId), "state")));
  const dead = workerIds.filter((_, index) => texts[index] === null);
  if (dead.length > 0) await redis.srem(keys.workers, ...dead);
  return texts.flatMap((text) => {
    if (text === null || text === undefined) return [];
    const parsed = workerStateSchema.safeParse(parseJson(text));
    return parsed.success ? [parsed.data] : [];
  });
}
