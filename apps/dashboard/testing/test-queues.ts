/** The queues of background work, without Redis: nothing waits in them, and a model's can be paused. */
import type { LaneQueues } from "../server/routes/queue.ts";

export function createTestQueues(): LaneQueues {
  const paused = new Set<string>();
  return {
    countModel: async (model) => ({ waiting: 0, active: 0, isPaused: paused.has(model) }),
    countOthers: async () => [{ name: "runs", waiting: 0, active: 0, isPaused: false }],
    async pause(model) {
      paused.add(model);
    },
    async resume(model) {
      paused.delete(model);
    },
  };
}
