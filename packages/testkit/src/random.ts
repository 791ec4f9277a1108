/** Numbers that look random and follow from a seed, so that a run can be repeated. */

/** @returns a function that yields whole numbers from 0 to below its argument (mulberry32); 0 for an argument below 1. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) % Math.max(1, below);
  };
}
