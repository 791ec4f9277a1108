/** How fast a runner generates: tokens a second over the last ten, by the second, so that a stream costs one addition a token. */

const seconds = 10;

export interface TokenRate {
  /** Hot path. */
  add(tokens: number): void;
  /** Tokens a second. */
  read(): number;
}

/** @param now epoch milliseconds; for tests */
export function createTokenRate(now: () => number = Date.now): TokenRate {
  const counts = new Array<number>(seconds).fill(0);
  /** The second that was counted last. */
  let newest = Math.floor(now() / 1_000);

  /** Empties what has passed since. */
  function turn(): number {
    const second = Math.floor(now() / 1_000);
    const passed = Math.min(second - newest, seconds);
    for (let step = 1; step <= passed; step++) counts[(newest + step) % seconds] = 0;
    // A clock that was set back counts on in the second that it had reached.
    newest = Math.max(newest, second);
    return newest % seconds;
  }

  return {
    add(tokens) {
      const at = turn();
      counts[at] = (counts[at] ?? 0) + tokens;
    },
    read() {
      turn();
      return counts.reduce((sum, count) => sum + count, 0) / seconds;
    },
  };
}
