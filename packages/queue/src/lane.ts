/** The gateway's side of the interactive lane: put a job on it, take it off again. */
import { encodeJob, type Job } from "@tera/protocol";
import type { Redis } from "./connection.ts";
import { keys, laneGroup } from "./keys.ts";

/** Where a job lies, as long as no worker has accepted it. */
export interface LaneEntry {
  key: string;
  id: string;
}

export interface Lane {
  /** @throws when Redis is away. */
  enqueue(job: Job): Promise<LaneEntry>;
  /** Takes back what nobody has accepted yet. Harmless when a worker was faster. */
  withdraw(entry: LaneEntry): Promise<void>;
}

export function createLane({ redis }: { redis: Redis }): Lane {
  return {
    async enqueue(job) {
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
