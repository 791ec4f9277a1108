/** How far a moment is from now, in words: `3 hours ago`, `in 12 days`. */

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });

/** Each from where on it is used: a month and a half is still told in days. */
const units = [
  { unit: "year", seconds: 31_556_952, from: 47_335_428 },
  { unit: "month", seconds: 2_629_746, from: 3_944_619 },
  { unit: "day", seconds: 86_400, from: 86_400 },
  { unit: "hour", seconds: 3_600, from: 3_600 },
  { unit: "minute", seconds: 60, from: 60 },
] as const;

export function formatAgo(at: string, nowMs: number): string {
  const seconds = (Date.parse(at) - nowMs) / 1_000;
  const fitting = units.find(({ from }) => Math.abs(seconds) >= from);
  return fitting === undefined ? "just now" : relative.format(Math.round(seconds / fitting.seconds), fitting.unit);
}
