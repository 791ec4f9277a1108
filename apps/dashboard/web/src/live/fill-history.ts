/** The history on an even grid: stretches of which no gateway told anything are there, and empty. */
import type { LivePoint } from "../../../api/live.ts";

const hourS = 3_600;

export interface FilledPoint {
  /** Epoch milliseconds. */
  atMs: number;
  /** Undefined: nothing is known of it. */
  point: LivePoint | undefined;
}

/** @returns one for each stretch of the last hour, oldest first; none if nothing was ever told. */
export function fillHistory(history: readonly LivePoint[], everyS: number): FilledPoint[] {
  const last = history.at(-1);
  if (last === undefined || everyS <= 0) return [];
  const points = new Map(history.map((point) => [Date.parse(point.beginsAt), point]));
  const [endMs, length] = [Date.parse(last.beginsAt), Math.ceil(hourS / everyS)];
  return Array.from({ length }, (_, index) => {
    const atMs = endMs - (length - 1 - index) * everyS * 1_000;
    return { atMs, point: points.get(atMs) };
  });
}
