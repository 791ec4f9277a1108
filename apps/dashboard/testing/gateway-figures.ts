/** What gateways tell, for tests of what is made of it. */
import { figureBoundsMs, type GatewayFigures } from "@tera/protocol";
import type { ToldFigures } from "@tera/queue";

export interface ToldChange extends Partial<Omit<GatewayFigures, "ttft" | "queueWait">> {
  gatewayId?: string;
  /** Milliseconds, each once. */
  ttft?: readonly number[];
  queueWait?: readonly number[];
}

/** @returns the word of a gateway that has counted nothing; in all else as `change` says. */
export function newToldFigures(
  atMs: number,
  { gatewayId = "g1", ttft = [], queueWait = [], ...change }: ToldChange = {},
): ToldFigures {
  return {
    gatewayId,
    atMs,
    figures: {
      version: 1,
      startedAtMs: 1,
      succeeded: 0,
      failed: 0,
      cancelled: 0,
      limited: { requests: 0, tokens: 0, concurrency: 0 },
      refused: 0,
      unserved: 0,
      promptTokens: 0,
      completionTokens: 0,
      ttft: toHistogram(ttft),
      queueWait: toHistogram(queueWait),
      open: 0,
      waiting: 0,
      ...change,
    },
  };
}

function toHistogram(values: readonly number[]): number[] {
  const buckets = [...figureBoundsMs, Number.POSITIVE_INFINITY];
  const bucketOf = (value: number) => buckets.findIndex((boundMs) => value <= boundMs);
  return buckets.map((_, bucket) => values.filter((value) => bucketOf(value) === bucket).length);
}
