/** Workers that report to a Redis, for tests of the commands that read what they report. */
import type { WorkerState } from "@tera/protocol";
import { keys, type Redis, startWorkerPresence, type WorkerPresence } from "@tera/queue";
import { newWorkerState } from "@tera/testkit/worker-state";
import { expect, vi } from "vitest";

/** @returns what stops it, once it is known. */
export async function reportWorker(
  redis: Redis,
  workerId: string,
  change: Partial<WorkerState>,
): Promise<WorkerPresence> {
  const state = newWorkerState(workerId, [], change);
  const log = { info: () => undefined, warn: () => undefined };
  const presence = startWorkerPresence({ redis, log, state: () => state });
  presence.announce();
  await vi.waitFor(async () => expect(await redis.smembers(keys.workers)).toContain(workerId));
  return presence;
}
