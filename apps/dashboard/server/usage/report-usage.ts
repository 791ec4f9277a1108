/** A report of usage: the rows of its table, what they add up to, and the series of its chart. All out of the roll-ups, whatever the number of requests. */

import type {
  Usage,
  UsageDimension,
  UsageQuery,
  UsageRow,
  UsageSeries,
  UsageSum as UsageSumAnswer,
  UsageSums,
} from "@tera/admin-api/usage";
import type { Db } from "@tera/database";
import {
  createUsageReports,
  formatUsd,
  type KeyName,
  readAccountNames,
  readKeyNames,
  readUsageSeries,
  type UsageFilter,
  type UsagePoint,
  type UsageSum,
} from "@tera/metering";
import type { LargestGroups } from "./largest-groups.ts";
import type { UsagePeriod } from "./read-period.ts";

/** More than hours of a longest period. */
const momentsMax = 1_000;
const groupsMax = 100;
/** As many as can be told apart by their colours. */
const seriesMax = 7;

type Counts = Omit<UsageSum, "group">;
const countNames = [
  "requests",
  "failedRequests",
  "promptTokens",
  "cachedTokens",
  "completionTokens",
  "reasoningTokens",
  "speechCharacters",
] as const;

export interface GroupName extends Pick<UsageRow, "id" | "name" | "lastFour" | "accountName"> {
  /** Of a key that is known. */
  accountId: string | null;
}

const unnamed: GroupName = { id: "", name: null, lastFour: null, accountId: null, accountName: null };

export async function reportUsage(
  db: Db,
  largest: LargestGroups,
  filter: UsageFilter,
  period: UsagePeriod,
  { by, interval }: Pick<UsageQuery, "by" | "interval">,
): Promise<Usage> {
  const reports = createUsageReports({ db });
  const head = { from: period.from.toISOString(), to: period.to.toISOString(), interval, by };
  const isOverTime = by === "time";
  const limit = isOverTime ? momentsMax : groupsMax;
  const only = by === "key" || by === "account" ? await largest.find(filter, by, groupsMax) : undefined;
  const [sums, total] = await Promise.all([
    reports.summarize(filter, isOverTime ? interval : by, limit, only),
    reports.total(filter),
  ]);
  if (isOverTime) {
    const rows = sums.map((sum) => ({ ...unnamed, id: toMoment(sum.group), ...toSums(sum) }));
    const points = sums.toReversed().map((sum) => ({ at: toMoment(sum.group), ...toSums(sum) }));
    return { ...head, rows, total: toSums(total), series: [{ ...unnamed, points }] };
  }
  const named = sums.slice(0, seriesMax).map(({ group }) => group);
  const [points, nameOf] = await Promise.all([
    readUsageSeries(db, filter, interval, by, named),
    readNames(
      db,
      by,
      sums.map(({ group }) => group),
    ),
  ]);
  const rows: UsageRow[] = sums.map((sum) => ({ ...nameOf(sum.group), ...toSums(sum) }));
  if (sums.length === groupsMax) {
    const others = subtract(total, sums);
    if (others.requests > 0) rows.push({ ...nameOf(""), ...toSums(others) });
  }
  const hasOthers = points.some(({ group }) => group === "");
  const series = [...named, ...(hasOthers ? [""] : [])].map((group) => ({
    ...nameOf(group),
    points: pointsOf(points, group),
  }));
  return { ...head, rows, total: toSums(total), series };
}

/** How groups are called, and whose they are. */
export async function readNames(
  db: Db,
  by: Exclude<UsageDimension, "time">,
  ids: readonly string[],
): Promise<(id: string) => GroupName> {
  if (by === "model") return (id) => ({ ...unnamed, id });
  const keys = by === "key" ? await readKeyNames(db, ids) : new Map<string, KeyName>();
  const accountIds = by === "account" ? ids : [...keys.values()].map(({ accountId }) => accountId);
  const accounts = await readAccountNames(db, accountIds);
  return (id) => {
    const key = keys.get(id);
    if (key === undefined) return { ...unnamed, id, name: accounts.get(id) ?? null };
    const { name, lastFour, accountId } = key;
    return { id, name, lastFour, accountId, accountName: accounts.get(accountId) ?? null };
  };
}

function pointsOf(points: readonly UsagePoint[], group: string): UsageSeries["points"] {
  return points.filter((point) => point.group === group).map((point) => ({ at: toMoment(point.at), ...toSums(point) }));
}

/** `2026-11-23`, `2026-11-23T12:00Z` */
export function toMoment(group: string): string {
  return new Date(group).toISOString();
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
