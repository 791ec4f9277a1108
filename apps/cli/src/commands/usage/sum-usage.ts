/** `tera usage`: what was used and what it cost, in sums. */
import type { UsageGroup, UsageSum } from "@tera/metering";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withUsage } from "../../stack/open-stack.ts";
import { type Column, renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { dollars } from "../credit/money-text.ts";
import { formatMoment } from "../moment.ts";
import { filterOptions, readFilter } from "./usage-filter.ts";

/** As `usageGroups` of @tera/metering, which is not loaded for help. */
export const groups = ["day", "hour", "model", "key", "account"] as const satisfies readonly UsageGroup[];
export const sumOptions = filterOptions.extend({ by: z.enum(groups) });

const rowsMax = 1_000;
const defaultPeriodMs = 30 * 86_400_000;
const hourMs = 3_600_000;

export async function sumUsage(options: z.infer<typeof sumOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const { by } = options;
  const given = readFilter(options);
  const to = given.to ?? new Date();
  const from = given.from ?? new Date(to.getTime() - defaultPeriodMs);
  // Roll-ups are by the hour: the one in which the period begins counts in full.
  const filter = { ...given, from: new Date(Math.floor(from.getTime() / hourMs) * hourMs), to };
  const metering = await import("@tera/metering");
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { rows, total } = await withUsage(stack, (usage) => usage.summarize(filter, by, rowsMax));
  if (options.json) {
    const period = { from: filter.from.toISOString(), to: to.toISOString(), by };
    const toJson = (sum: UsageSum) => toSumJson(sum, metering);
    terminal.print(JSON.stringify({ ...period, groups: rows.map(toJson), total: toJson(total) }));
    return;
  }
  const period = `from ${formatMoment(filter.from)} to ${formatMoment(to)}`;
  if (rows.length === 0) {
    terminal.note(`Nothing was used ${period}.`);
    return;
  }
  const count = (header: string, value: (sum: UsageSum) => number): Column<UsageSum> => ({
    header,
    value: (sum) => value(sum).toLocaleString("en"),
  });
  const usd = (header: string, value: (sum: UsageSum) => bigint): Column<UsageSum> => ({
    header,
    value: (sum) => dollars(metering.formatUsd(value(sum))),
  });
  const columns: Column<UsageSum>[] = [
    { header: by.toUpperCase(), value: ({ group }) => group, widthMin: 10 },
    count("REQUESTS", ({ requests }) => requests),
    count("FAILED", ({ failedRequests }) => failedRequests),
    count("INPUT", ({ promptTokens }) => promptTokens),
    count("CACHED", ({ cachedTokens }) => cachedTokens),
    count("OUTPUT", ({ completionTokens }) => completionTokens),
    count("REASONING", ({ reasoningTokens }) => reasoningTokens),
    ...(total.speechCharacters > 0 ? [count("CHARACTERS", ({ speechCharacters }) => speechCharacters)] : []),
    ...(rows.some(({ correctionNano }) => correctionNano !== 0n)
      ? [usd("CHARGED", ({ chargeNano }) => chargeNano), usd("CORRECTED", ({ correctionNano }) => correctionNano)]
      : []),
    usd("COST", ({ chargeNano, correctionNano }) => chargeNano + correctionNano),
  ];
  terminal.print(renderTable(columns, [...rows, { ...total, group: "all" }], terminal.columns));
  terminal.note(`Usage ${period}. Cached is part of input, reasoning of output.`);
  if (rows.length === rowsMax)
    terminal.note(`Only ${rowsMax} rows are shown, and all is summed up: narrow the period.`);
}

function toSumJson(
  { chargeNano, correctionNano, ...counts }: UsageSum,
  { formatUsd }: typeof import("@tera/metering"),
) {
  return {
    ...counts,
    charged: formatUsd(chargeNano),
    corrected: formatUsd(correctionNano),
    cost: formatUsd(chargeNano + correctionNano),
  };
}
