/** The queues of background work, as BullMQ has them in Redis. */
import {
  type BackgroundLog,
  batchStepQueue,
  lineQueueName,
  noticeQueue,
  openQueue,
  type QueueConnections,
  runQueue,
} from "@tera/background";
import type { LaneQueues } from "../routes/queue.ts";

export function createLaneQueues(connections: QueueConnections, log: BackgroundLog): LaneQueues {
  async function withQueue<Result>(
    name: string,
    work: (queue: ReturnType<typeof openQueue>) => Promise<Result>,
  ): Promise<Result> {
    const queue = openQueue(name, connections, log);
    try {
      return await work(queue);
    } finally {
      await queue.close();
    }
  }

  const count = (name: string) =>
    withQueue(name, async (queue) => {
      const [{ waiting = 0, active = 0 }, isPaused] = await Promise.all([
        queue.getJobCounts("waiting", "active"),
        queue.isPaused(),
      ]);
      return { waiting, active, isPaused };
    });

  return {
    countModel: (model) => count(lineQueueName(model)),
    async countOthers() {
      return Promise.all(
        [batchStepQueue, runQueue, noticeQueue].map(async (name) => ({ name, ...(await count(name)) })),
      );
    },
    pause: (model) => withQueue(lineQueueName(model), (queue) => queue.pause()),
    resume: (model) => withQueue(lineQueueName(model), (queue) => queue.resume()),
  };
}
