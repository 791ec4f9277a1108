/** The gateway's side of the interactive lanes: put a job on one, take it off again. */
import { encodeJob, type Job } from "@tera/protocol";
import type { Redis } from "./connection.ts";
import { keys, laneGroup } from "./keys.ts";

/** Nobody reads the lane of a worker that is gone: its last jobs go with it. */
const workerLaneTtlMs = 600_000;

/** Where a job lies, as long as no worker has accepted it. */
export interface LaneEntry {
  key: string;
  id: string;
}

export interface Lane {
  /**
   * @param workerId puts it on this worker's own lane instead of the model's.
   * @throws when Redis is away.
   */
  enqueue(job: Job, workerId?: string): Promise<LaneEntry>;
  /** Takes back what nobody has accepted yet. Harmless when a worker was faster. */
  withdraw(entry: LaneEntry): Promise<void>;
}

export function createLane({ redis }: { redis: Redis }): Lane {
  async function enqueueFor(workerId: string, job: Job): Promise<LaneEntry> {
    const key = keys.workerLane(workerId);
    const results = await redis.multi().xadd(key, "*", "job", encodeJob(job)).pexpire(key, workerLaneTtlMs).exec();
    const [error, id] = results?.[0] ?? [];
    if (error || typeof id !== "string") throw error ?? new Error("XADD returned no id");
    return { key, id };
  }

  return {
    async enqueue(job, workerId) {
      if (workerId !== undefined) return enqueueFor(workerId, job);
      const key = keys.lane(job.request.model, job.laneClass);
      const id = await redis.xadd(key, "*", "job", encodeJob(job));
      if (id === null) throw new Error("XADD returned no id");
      return { key, id };
    },
    async withdraw({ key, id }) {
      await redis.multi().xack(key, laneGroup, id).xdel(key, id).exec();
    },
  };
}
