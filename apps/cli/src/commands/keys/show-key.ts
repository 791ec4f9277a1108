/** `tera keys show`: all about one key: settings, and what is spent and left of its budgets. */
import type { KeySummary } from "@tera/access";
import type { Spend } from "@tera/metering";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withKeyStore } from "../../stack/open-stack.ts";
import { renderFields } from "../../terminal/fields.ts";
import type { CommandContext } from "../context.ts";
import { requireKey } from "./find-key.ts";
import { describeSettings, describeStatus, keyToJson } from "./render-key.ts";

export const showOptions = z.object({
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

interface Budget {
  period: "day" | "month" | "total";
  budgetNano: bigint;
  spentNano: bigint;
}

export async function showKey(
  keyId: string,
  options: z.infer<typeof showOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { firstKeyIdOf } = await import("@tera/access");
  const { formatUsd, noSpend, sumSpend } = await import("@tera/metering");
  const { key, account, rotation, spend, shared } = await withKeyStore(stack, async (keyStore, books) => {
    const key = await requireKey(keyStore, keyId);
    const spendByKey = await books.spend.byKey(key.accountId);
    const rotation = await keyStore.listRotation(firstKeyIdOf(key));
    const shared = sumSpend(rotation.map(({ id }) => spendByKey.get(id) ?? noSpend));
    const account = await keyStore.findAccount(key.accountId);
    return { key, account, rotation, shared, spend: spendByKey.get(key.id) ?? noSpend };
  });
  const budgets = budgetsOf(key, shared);
  const predecessor = rotation.find(({ successorId }) => successorId === key.id);
  if (options.json) {
    terminal.print(
      JSON.stringify({
        ...keyToJson(key, formatUsd),
        accountName: account?.name,
        accountDisabledAt: account?.disabledAt ?? null,
        predecessorId: predecessor?.id ?? null,
        spentUsd: {
          day: formatUsd(spend.dayNano),
          month: formatUsd(spend.monthNano),
          total: formatUsd(spend.totalNano),
        },
        monthRequests: spend.monthRequests,
        budgets: budgets.map(({ period, budgetNano, spentNano }) => ({
          period,
          budgetUsd: formatUsd(budgetNano),
          spentUsd: formatUsd(spentNano),
          leftUsd: formatUsd(budgetNano - spentNano),
        })),
      }),
    );
    return;
  }
  const fields: [string, string][] = [
    ["Key", `${key.id} (…${key.lastFour})`],
    ["Name", key.name],
    ["Account", `${key.accountId} (${account?.name ?? ""}${account?.disabledAt ? ", disabled" : ""})`],
    ["Status", describeStatus(key)],
    ...(predecessor === undefined ? [] : [["Replaces", `${predecessor.id}, ${describeStatus(predecessor)}`] as const]),
    ...(key.successorId === null ? [] : [["Replaced by", key.successorId] as const]),
    ...describeSettings(key),
    ["Spent", describeSpend(spend, formatUsd)],
    ...budgets.map(
      ({ period, budgetNano, spentNano }) =>
        [
          period === "total" ? "Budget in all" : `Budget per ${period}`,
          `${formatUsd(budgetNano)} USD, ${formatUsd(budgetNano - spentNano)} left${rotation.length > 1 ? " for all keys of the rotation" : ""}`,
        ] as const,
    ),
  ].map(([name = "", value = ""]) => [name, value]);
  terminal.print(renderFields(fields, terminal.columns));
}

function budgetsOf(key: KeySummary, shared: Spend): Budget[] {
  const all = [
    { period: "day", budgetNano: key.budgetDayNano, spentNano: shared.dayNano },
    { period: "month", budgetNano: key.budgetMonthNano, spentNano: shared.monthNano },
    { period: "total", budgetNano: key.budgetTotalNano, spentNano: shared.totalNano },
  ] as const;
  return all.flatMap(({ period, budgetNano, spentNano }) =>
    budgetNano === null ? [] : [{ period, budgetNano, spentNano }],
  );
}

export function describeSpend(spend: Spend, formatUsd: (nano: bigint) => string): string {
  return `${formatUsd(spend.monthNano)} USD this month (${spend.monthRequests} requests), ${formatUsd(spend.dayNano)} today, ${formatUsd(spend.totalNano)} in all`;
}
