/** What accounts used today, in this month and in the last hours, out of the roll-ups. */
import type { Db } from "@tera/database";
import { createUsageReports, formatUsd, type UsageSum } from "@tera/metering";
import type { OverviewUsage } from "../../api/overview.ts";

const hourMs = 3_600_000;
const hoursShown = 24;

/** @param accountIds those of one customer; null: all there are */
export async function readOverviewUsage(
  db: Db,
  accountIds: readonly string[] | null,
  now = new Date(),
): Promise<OverviewUsage> {
  const reports = createUsageReports({ db });
  const of = accountIds === null ? [{}] : accountIds.map((accountId) => ({ accountId }));
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const today = new Date(Date.UTC(year, month, now.getUTCDate()));
  const firstHourMs = Math.floor(now.getTime() / hourMs) * hourMs - (hoursShown - 1) * hourMs;
  const sumSince = (from: Date) => Promise.all(of.map((filter) => reports.total({ ...filter, from })));
  const [todays, months, hours] = await Promise.all([
    sumSince(today),
    sumSince(new Date(Date.UTC(year, month))),
    Promise.all(
      of.map((filter) => reports.summarize({ ...filter, from: new Date(firstHourMs) }, "hour", hoursShown + 1)),
    ),
  ]);
  const byHour = Map.groupBy(hours.flat(), ({ group }) => Date.parse(group));
  return {
    today: toUsed(todays),
    month: toUsed(months),
    hours: Array.from({ length: hoursShown }, (_, index) => {
      const beginMs = firstHourMs + index * hourMs;
      const sums = byHour.get(beginMs) ?? [];
      return {
        beginsAt: new Date(beginMs).toISOString(),
        ...toUsed(sums),
        failedRequests: add(sums, "failedRequests"),
        promptTokens: add(sums, "promptTokens"),
        completionTokens: add(sums, "completionTokens"),
      };
    }),
  };
}

function toUsed(sums: readonly UsageSum[]): OverviewUsage["today"] {
  const chargedNano = sums.reduce((total, { chargeNano, correctionNano }) => total + chargeNano + correctionNano, 0n);
  return { requests: add(sums, "requests"), charged: formatUsd(chargedNano) };
}

function add(
  sums: readonly UsageSum[],
  name: "requests" | "failedRequests" | "promptTokens" | "completionTokens",
): number {
  return sums.reduce((total, sum) => total + sum[name], 0);
}
