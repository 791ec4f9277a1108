/** A report of usage as CSV: each hour or day of each model, key or account. One hour or day is in memory at a time, however long the period and whoever reads slowly. */

import type { UsageQuery } from "@tera/admin-api/usage";
import type { Db } from "@tera/database";
import { createUsageReports, formatUsd, renderCsvRow, type UsageFilter, type UsageSum } from "@tera/metering";
import { stepsOf, type UsagePeriod } from "./read-period.ts";
import { type GroupName, readNames } from "./report-usage.ts";

/** Of one hour or day; there are hardly so many keys that are used on one. */
const groupsMax = 100_000;

const idColumns = {
  time: [],
  model: ["model"],
  key: ["key_id", "key_name", "account_id", "account_name"],
  account: ["account_id", "account_name"],
} as const;

const sumColumns = [
  "requests",
  "failed_requests",
  "prompt_tokens",
  "cached_tokens",
  "completion_tokens",
  "reasoning_tokens",
  "speech_characters",
  "cost_usd",
];

export async function* writeUsageCsv(
  db: Db,
  filter: UsageFilter,
  period: UsagePeriod,
  { by, interval }: Pick<UsageQuery, "by" | "interval">,
): AsyncGenerator<string> {
  const reports = createUsageReports({ db });
  yield renderCsvRow([interval, ...idColumns[by], ...sumColumns]);
  for (const step of stepsOf(period, interval)) {
    const moment = interval === "day" ? step.from.toISOString().slice(0, 10) : step.from.toISOString();
    const sums = await reports.summarize({ ...filter, ...step }, by === "time" ? interval : by, groupsMax);
    if (sums.length === 0) continue;
    const nameOf =
      by === "time"
        ? undefined
        : await readNames(
            db,
            by,
            sums.map(({ group }) => group),
          );
    yield sums
      .map((sum) => {
        const named = nameOf?.(sum.group);
        return renderCsvRow([moment, ...(named === undefined ? [] : idCells(by, named)), ...cellsOf(sum)]);
      })
      .join("");
  }
}

function idCells(by: UsageQuery["by"], { id, name, accountId, accountName }: GroupName): (string | null)[] {
  if (by === "key") return [id, name, accountId, accountName];
  return by === "account" ? [id, name] : [id];
}

function cellsOf(sum: UsageSum): string[] {
  const counts = [
    sum.requests,
    sum.failedRequests,
    sum.promptTokens,
    sum.cachedTokens,
    sum.completionTokens,
    sum.reasoningTokens,
    sum.speechCharacters,
  ];
  return [...counts.map(String), formatUsd(sum.chargeNano + sum.correctionNano)];
}
