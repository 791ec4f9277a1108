/** Readers of command-line values, for commander. */
import { InvalidArgumentError } from "commander";
import type { TargetName } from "./targets/target.ts";

export function readCount(text: string): number {
  return readUpTo(text, 10_000);
}

/** Of rows in a table. */
export function readLargeCount(text: string): number {
  return readUpTo(text, 100_000_000);
}

function readUpTo(text: string, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max) throw new InvalidArgumentError(`must be 1 to ${max}.`);
  return value;
}

/** `1,8,32` */
export function readCounts(text: string): number[] {
  return [...new Set(text.split(",").map(readCount))].toSorted((a, b) => a - b);
}

/** `tera,nginx`: in any order; `direct` is always measured. */
export function readTargets(known: readonly TargetName[]): (text: string) => TargetName[] {
  return (text) => {
    const wanted = text.split(",");
    const unknown = wanted.find((name) => !known.some((each) => each === name));
    if (unknown !== undefined) throw new InvalidArgumentError(`there is no ${unknown}: ${known.join(", ")}.`);
    return known.filter((name) => wanted.includes(name));
  };
}
