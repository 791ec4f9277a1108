/**
 * One fault from beginning to end, under steady load: all is well, the fault is switched on, the runner is healed, all is well again.
 *
 * Waits for events, not for times: each phase ends when what must happen has been seen, or when its bound has passed; the row then says so.
 */
import type { Redis } from "@tera/queue";
import type { Stack } from "@tera/testkit";
import type { Outcome } from "./ask.ts";
import type { BadRunner, Sighting } from "./bad-runner.ts";
import { type FaultCase, slowStartMs } from "./fault-cases.ts";
import { startLoad } from "./load.ts";
import { type RotationChange, watchRotation } from "./rotation-watch.ts";

export interface Scale {
  /** Requests at a time. */
  clients: number;
  /** How long a fault lasts at least. Milliseconds. */
  faultMs: number;
  /** Strikes that a fault must have which leaves the runner in rotation. */
  strikes: number;
}

export interface Episode {
  outcomes: readonly Outcome[];
  /** Of the bad runner's state, from before the fault. */
  changes: readonly RotationChange[];
  /** What was seen at the bad runner; when its process died, what its log could not tell any more is missing. */
  sighting: Sighting;
  /** The fault was switched on, and healed. Epoch milliseconds. */
  begunAtMs: number;
  healedAtMs: number;
  /** The end of the first right answer after healing; undefined: there was none in time. */
  recoveredAtMs: number | undefined;
}

export interface EpisodeOptions {
  stack: Stack;
  redis: Redis;
  badRunner: BadRunner;
  scale: Scale;
  seed: number;
}

/** How long one may wait for a runner to leave or to enter rotation, and for one request. */
const phaseMaxMs = 20_000;
const hungAfterMs = 20_000;
const lookEveryMs = 50;
/** Right answers of the bad runner before the fault begins. */
const warmUpRequests = 2;

export async function liveThrough(faultCase: FaultCase, options: EpisodeOptions): Promise<Episode> {
  const { stack, redis, badRunner, scale, seed } = options;
  const { baseUrl, apiKey, model } = stack;
  const watch = watchRotation(redis, badRunner.id);
  await until(() => watch.changes.at(-1)?.state === "ready");
  await badRunner.clear();
  const load = startLoad({ baseUrl, apiKey, model, clients: scale.clients, seed, hungAfterMs });
  try {
    await untilSeen(({ ended }) => ended.length >= warmUpRequests);
    const begunAtMs = Date.now();
    await badRunner.begin(faultCase);
    const wanted = faultCase.faults[0]?.times ?? scale.strikes;
    const ill = await untilSeen(({ strikes }) =>
      faultCase.ejects ? leftRotation(watch.changes, begunAtMs) !== undefined : strikes >= wanted,
    );
    await until(() => Date.now() - begunAtMs >= scale.faultMs);

    const healedAtMs = faultCase.healedBy === "itself" ? begunAtMs + slowStartMs : Date.now();
    await badRunner.heal(faultCase);
    const well = await untilSeen((seen) => firstSuccess(seen, healedAtMs) !== undefined);
    await load.stop();
    return {
      outcomes: load.outcomes,
      changes: watch.changes,
      sighting: ill.diedAtMs === undefined ? await badRunner.look() : ill,
      begunAtMs,
      healedAtMs,
      recoveredAtMs: firstSuccess(well, healedAtMs),
    };
  } finally {
    await Promise.all([load.stop(), watch.stop()]);
  }

  async function untilSeen(enough: (seen: Sighting) => boolean): Promise<Sighting> {
    let seen = await badRunner.look();
    await until(async () => {
      seen = await badRunner.look();
      return enough(seen);
    });
    return seen;
  }
}

/** The first time after `sinceMs` that it was seen out of rotation. */
export function leftRotation(changes: readonly RotationChange[], sinceMs: number): RotationChange | undefined {
  return changes.find(({ state, atMs }) => atMs >= sinceMs && state !== "ready");
}

/** @returns its end. */
function firstSuccess({ ended }: Sighting, sinceMs: number): number | undefined {
  const ends = ended
    .filter(({ failed, endedAtMs }) => !failed && endedAtMs > sinceMs)
    .map(({ endedAtMs }) => endedAtMs);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Resolves when the condition holds, or when a phase may last no longer. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + phaseMaxMs;
  while (!(await condition()) && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
