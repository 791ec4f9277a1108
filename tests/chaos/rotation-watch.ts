/** Follows the state of one runner as its worker tells it to the gateways. */
import type { RunnerState } from "@tera/protocol";
import { type Redis, readWorkerStates } from "@tera/queue";

export interface RotationChange {
  state: RunnerState | "gone";
  reason: string | undefined;
  /** Epoch milliseconds. */
  atMs: number;
}

export interface RotationWatch {
  /** In order; the first is what it was when the watch began. */
  readonly changes: readonly RotationChange[];
  stop(): Promise<void>;
}

const lookEveryMs = 20;

export function watchRotation(redis: Redis, runnerId: string): RotationWatch {
  const changes: RotationChange[] = [];
  const stopping = new AbortController();

  async function look(): Promise<void> {
    const states = await readWorkerStates(redis);
    const status = states.flatMap(({ runners }) => runners).find(({ id }) => id === runnerId);
    const state = status?.state ?? "gone";
    if (changes.at(-1)?.state !== state) changes.push({ state, reason: status?.reason, atMs: Date.now() });
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Redis does not answer: nothing was seen.
      await look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }
  const following = follow();

  return {
    changes,
    async stop() {
      stopping.abort();
      await following;
    },
  };
}
