/** How fast a purse was spent of late: what the size of a lease follows. Older spending fades by half, so nothing is kept of when it was. */

/** Spending is taken for what it comes to over this time; a shorter past counts as a second. */
const windowMs = 10_000;
const pastMinMs = 1_000;

export interface SpendingRate {
  add(nano: bigint): void;
  /** What is spent in `windowMs` at this rate. Nano-USD. */
  perWindowNano(): bigint;
}

/** @param now milliseconds of a clock that never goes back. */
export function createSpendingRate(now: () => number): SpendingRate {
  let spentNano = 0n;
  let sinceMs = now();
  return {
    add(nano) {
      spentNano += nano;
    },
    perWindowNano() {
      const pastMs = Math.max(now() - sinceMs, pastMinMs);
      const nano = (spentNano * BigInt(windowMs)) / BigInt(Math.ceil(pastMs));
      if (pastMs > windowMs) {
        spentNano /= 2n;
        sinceMs = now() - pastMs / 2;
      }
      return nano;
    },
  };
}
