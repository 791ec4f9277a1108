import type { LiveFigures } from "../../../api/live.ts";

/** Requests that we owed an answer: those that failed, and those that we could not even begin. */
export function failuresPerS({ failedPerS, unservedPerS }: LiveFigures): number {
  return failedPerS + unservedPerS;
}
