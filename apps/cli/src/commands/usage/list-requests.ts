/** `tera usage requests`: the last requests, each with what it used, what it cost, and why attempts failed. */
import type { ReportedUsage } from "@tera/metering";
import { z } from "zod";
import { findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
import { renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { dollars } from "../credit/money-text.ts";
import { filterOptions, readFilter } from "./usage-filter.ts";

export const requestsOptions = filterOptions.extend({ limit: z.number() });

export async function listRequests(options: z.infer<typeof requestsOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const filter = readFilter(options);
  const metering = await import("@tera/metering");
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const requests = await withDatabase(stack, (db) =>
    metering.createUsageReports({ db }).lastRequests(filter, options.limit),
  );
  if (options.json) {
    terminal.print(JSON.stringify(requests.map((request) => toRequestJson(request, metering))));
    return;
  }
  if (requests.length === 0) {
    terminal.note("No such request was settled yet.");
    return;
  }
  const table = renderTable<ReportedUsage>(
    [
      { header: "ADMITTED (UTC)", value: ({ admittedAt }) => admittedAt.toISOString().slice(0, 19).replace("T", " ") },
      { header: "REQUEST", value: ({ requestId }) => requestId },
      { header: "MODEL", value: ({ model }) => model, widthMin: 12 },
      { header: "INPUT", value: ({ promptTokens, cachedTokens }) => ofWhich(promptTokens, cachedTokens, "cached") },
      { header: "OUTPUT", value: describeOutput },
      { header: "COST", value: (request) => dollars(metering.formatUsd(request.chargeNano + request.correctionNano)) },
      { header: "STATUS", value: describeStatus, widthMin: 9 },
    ],
    requests,
    terminal.columns,
  );
  terminal.print(table);
}

function ofWhich(count: number, part: number, what: string): string {
  return part === 0 ? String(count) : `${count} (${part} ${what})`;
}

function describeOutput({ speechCharacters, completionTokens, reasoningTokens, usageSource }: ReportedUsage): string {
  if (speechCharacters > 0) return `${speechCharacters} characters`;
  const tokens = ofWhich(completionTokens, reasoningTokens, "reasoning");
  return usageSource === "counted" ? `${tokens}, counted` : tokens;
}

/** `succeeded`; `failed: runner_failed; 1: worker_lost on w1/r1`. */
function describeStatus({ status, errorCode, failedAttempts }: ReportedUsage): string {
  const attempts = failedAttempts.map(({ attempt, workerId, runnerId, code }) => {
    const where = [workerId, runnerId].filter((part) => part !== undefined).join("/");
    return `${attempt}: ${code}${where === "" ? "" : ` on ${where}`}`;
  });
  return [errorCode === null ? status : `${status}: ${errorCode}`, ...attempts].join("; ");
}

function toRequestJson(request: ReportedUsage, { formatUsd }: typeof import("@tera/metering")) {
  const { chargeNano, correctionNano, ledgerTransactionId, holds: _holds, ...envelope } = request;
  return {
    ...envelope,
    charged: formatUsd(chargeNano),
    corrected: formatUsd(correctionNano),
    cost: formatUsd(chargeNano + correctionNano),
    ledgerTransactionId: ledgerTransactionId === null ? null : String(ledgerTransactionId),
  };
}
