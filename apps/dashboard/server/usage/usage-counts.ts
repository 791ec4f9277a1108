/** Counts of usage: added up, set in order, and as they are answered. */
import type { UsageSum as UsageSumAnswer, UsageSums } from "@tera/admin-api/usage";
import { formatUsd, type UsageSum } from "@tera/metering";

export type Counts = Omit<UsageSum, "group">;
const countNames = [
  "requests",
  "failedRequests",
  "promptTokens",
  "cachedTokens",
  "completionTokens",
  "reasoningTokens",
  "speechCharacters",
] as const;

const nothing: Counts = {
  requests: 0,
  failedRequests: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  speechCharacters: 0,
  chargeNano: 0n,
  correctionNano: 0n,
};

/** The highest cost first. */
export function byCost(one: UsageSum, other: UsageSum): number {
  const cost = ({ chargeNano, correctionNano }: UsageSum) => chargeNano + correctionNano;
  return Number(cost(other) - cost(one)) || other.requests - one.requests || (one.group < other.group ? -1 : 1);
}

export function toSums({ chargeNano, correctionNano, ...counts }: Counts): UsageSums {
  const { requests, failedRequests, promptTokens, cachedTokens, completionTokens, reasoningTokens, speechCharacters } =
    counts;
  return {
    requests,
    failedRequests,
    promptTokens,
    cachedTokens,
    completionTokens,
    reasoningTokens,
    speechCharacters,
    cost: formatUsd(chargeNano + correctionNano),
  };
}

export function toUsageSum({ group, ...counts }: UsageSum): UsageSumAnswer {
  const { chargeNano, correctionNano } = counts;
  return { group, ...toSums(counts), charged: formatUsd(chargeNano), corrected: formatUsd(correctionNano) };
}

export function addUp(parts: readonly Counts[]): Counts {
  const sum = { ...nothing };
  for (const part of parts) {
    for (const name of countNames) sum[name] += part[name];
    sum.chargeNano += part.chargeNano;
    sum.correctionNano += part.correctionNano;
  }
  return sum;
}

/** What is left of a total. Usage that is settled between the two readings may be in one only: never fewer than none. */
export function subtract(total: Counts, parts: readonly Counts[]): Counts {
  const left = { ...total };
  for (const part of parts) {
    for (const name of countNames) left[name] -= part[name];
    left.chargeNano -= part.chargeNano;
    left.correctionNano -= part.correctionNano;
  }
  for (const name of countNames) left[name] = Math.max(0, left[name]);
  return left;
}
