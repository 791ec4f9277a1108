/**
 * How fast batches go: what somebody looks at is remembered for a few minutes, so that the pace is the one of now and not the mean of a day.
 *
 * Nothing of it is kept: who looks for the first time is told the mean since its lines were begun.
 */

/** The mean is of so long at most. */
const windowMs = 5 * 60_000;
/** Looks that are closer together count as one. */
const stepMs = 5_000;
/** Less tells nothing. */
const overMinMs = 2_000;
const batchesMax = 500;

export interface Progress {
  batchId: string;
  /** Lines that ended. */
  done: number;
  /** When its first line could be begun, in milliseconds. */
  sinceMs: number;
}

export interface Pace {
  linesPerMs: number;
  /** Of how long that is the mean. */
  overMs: number;
}

export interface PaceWatch {
  /** @returns undefined: it has only begun. */
  look(progress: Progress, nowMs: number): Pace | undefined;
  /** It stands: what was seen before tells nothing of later. */
  stand(progress: Pick<Progress, "batchId" | "done">, nowMs: number): void;
}

export function createPaceWatch(): PaceWatch {
  /** Oldest look first; the batch that was not looked at for longest first. */
  const seen = new Map<string, { atMs: number; done: number }[]>();

  function remember(batchId: string, looks: { atMs: number; done: number }[]): void {
    seen.delete(batchId);
    seen.set(batchId, looks);
    const [oldest] = seen.keys();
    if (seen.size > batchesMax && oldest !== undefined) seen.delete(oldest);
  }

  return {
    look({ batchId, done, sinceMs }, nowMs) {
      const known = seen.get(batchId) ?? [{ atMs: sinceMs, done: 0 }];
      // One look before the window stays: it is where the window begins.
      const from = Math.max(
        0,
        known.findLastIndex(({ atMs }) => atMs <= nowMs - windowMs),
      );
      const looks = known.slice(from);
      const [first, last] = [looks[0], looks.at(-1)];
      if (last === undefined || nowMs - last.atMs >= stepMs) looks.push({ atMs: nowMs, done });
      remember(batchId, looks);
      if (first === undefined || nowMs - first.atMs < overMinMs) return undefined;
      const overMs = nowMs - first.atMs;
      return { linesPerMs: Math.max(0, done - first.done) / overMs, overMs };
    },
    stand: ({ batchId, done }, nowMs) => remember(batchId, [{ atMs: nowMs, done }]),
  };
}
