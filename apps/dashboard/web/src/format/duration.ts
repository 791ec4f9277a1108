/** Durations for people: `850 ms`, `1.2 s`, `3 min 20 s`, `24 h`, `39 h 38 min`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 59_950) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return inBoth(minutes, "min", seconds % 60, "s");
  return inBoth(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function inBoth(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
