/** How much was counted in a stretch of time: differences of what gateways tell, added up. */
import { figureBoundsMs, type GatewayFigures } from "@tera/protocol";

export interface Tally {
  succeeded: number;
  failed: number;
  cancelled: number;
  limited: number;
  refused: number;
  unserved: number;
  promptTokens: number;
  completionTokens: number;
  /** By bucket, as in `GatewayFigures`. */
  ttft: number[];
  queueWait: number[];
}

const counters = [
  "succeeded",
  "failed",
  "cancelled",
  "limited",
  "refused",
  "unserved",
  "promptTokens",
  "completionTokens",
] as const;
const histograms = ["ttft", "queueWait"] as const;

export function emptyTally(): Tally {
  return {
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    limited: 0,
    refused: 0,
    unserved: 0,
    promptTokens: 0,
    completionTokens: 0,
    ttft: figureBuckets(),
    queueWait: figureBuckets(),
  };
}

export function addTally(sum: Tally, tally: Tally): void {
  for (const name of counters) sum[name] += tally[name];
  for (const name of histograms) sum[name] = sum[name].map((count, bucket) => count + (tally[name][bucket] ?? 0));
}

/** @param before of the same process; absent: everything since its start */
export function tallyBetween(before: GatewayFigures | undefined, after: GatewayFigures): Tally {
  const tally = toTally(after);
  if (before === undefined) return tally;
  const earlier = toTally(before);
  for (const name of counters) tally[name] -= earlier[name];
  for (const name of histograms) tally[name] = tally[name].map((count, bucket) => count - (earlier[name][bucket] ?? 0));
  return tally;
}

function toTally({ limited, ttft, queueWait, ...figures }: GatewayFigures): Tally {
  const { succeeded, failed, cancelled, refused, unserved, promptTokens, completionTokens } = figures;
  const counts = { succeeded, failed, cancelled, refused, unserved, promptTokens, completionTokens };
  return { ...counts, limited: limited.requests + limited.tokens + limited.concurrency, ttft, queueWait };
}

function figureBuckets(): number[] {
  return new Array<number>(figureBoundsMs.length + 1).fill(0);
}

/**
 * The value that a share of all lies below, in milliseconds: evenly spread within its bucket; what is above all bounds counts as the highest.
 * @param share 0.95: the 95th percentile
 * @returns null: nothing was counted
 */
export function quantileMs(histogram: readonly number[], share: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = total * share;
  for (const [bucket, count] of histogram.entries()) {
    const upper = figureBoundsMs[bucket];
    if (upper === undefined) break;
    if (count > 0 && left <= count) {
      const lower = bucket === 0 ? 0 : (figureBoundsMs[bucket - 1] ?? 0);
      return lower + ((upper - lower) * left) / count;
    }
    left -= count;
  }
  return figureBoundsMs.at(-1) ?? null;
}
