/** `tera usage retention`: how large each month of usage events is, which of them retention would drop, and, with --apply, dropping them. */
import type { UsageMonth } from "@tera/metering";
import { z } from "zod";
import { findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { renderTable } from "../../terminal/table.ts";
import { authorOf } from "../author.ts";
import { confirm } from "../confirm.ts";
import type { CommandContext } from "../context.ts";

export const retentionOptions = z.object({
  months: z.number().optional(),
  apply: z.boolean().default(false),
  yes: z.boolean().default(false),
  json: z.boolean().default(false),
  dataDir: z.string().optional(),
});

/** A month is read before it is dropped. */
const statementTimeoutMs = 600_000;

interface MonthLine extends UsageMonth {
  /** dropped: it is gone now. expired: it would be. needed: past its retention, and why it stays. */
  state: "kept" | "expired" | "needed" | "dropped";
  reason: string | undefined;
}

export async function usageRetention(
  options: z.infer<typeof retentionOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal, environment } = context;
  const { months, apply } = options;
  if (apply && months === undefined) throw new CliError("Say how many months are to be kept: --months 13");
  const metering = await import("@tera/metering");
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const work = async (db: Parameters<typeof metering.listUsageMonths>[0]) => {
    const lines: MonthLine[] = [];
    for (const month of await metering.listUsageMonths(db)) {
      const isOver = months !== undefined && month.monthsAgo > months;
      const reason = isOver ? await metering.whyKept(db, month.month) : undefined;
      lines.push({ ...month, state: isOver ? (reason === undefined ? "expired" : "needed") : "kept", reason });
    }
    const expired = lines.filter(({ state }) => state === "expired");
    if (!apply || months === undefined || expired.length === 0) return lines;
    if (!options.yes) {
      const names = expired.map(({ month }) => month).join(", ");
      await confirm(terminal, `Drop every request of ${names}? Sums, ledger and invoices stay.`);
    }
    const { recordAudit } = await import("@tera/access");
    const { dropped } = await metering.dropExpiredUsage(db, {
      months,
      author: authorOf(environment),
      onDropped: (tx, { month, events, bytes }) =>
        recordAudit(tx, stack.auditActor, {
          action: "usage.drop",
          objectKind: "usage",
          objectId: month,
          before: { events, bytes },
        }),
    });
    const gone = new Set(dropped.map(({ month }) => month));
    return lines.map((line) => (gone.has(line.month) ? { ...line, state: "dropped" as const } : line));
  };
  const lines = await withDatabase(stack, work, statementTimeoutMs);
  if (options.json) {
    terminal.print(JSON.stringify(lines.map(({ monthsAgo: _, ...line }) => line)));
    return;
  }
  const columns = [
    { header: "MONTH", value: ({ month }: MonthLine) => month },
    { header: "REQUESTS", value: ({ requests }: MonthLine) => requests.toLocaleString("en") },
    { header: "SIZE", value: ({ bytes }: MonthLine) => `${(bytes / 2 ** 20).toFixed(1)} MiB` },
    {
      header: "RETENTION",
      value: ({ state, reason }: MonthLine) => (reason === undefined ? state : `${state}: ${reason}`),
      widthMin: 12,
    },
  ];
  terminal.print(renderTable(columns, lines, terminal.columns));
  if (apply && !lines.some(({ state }) => state === "dropped")) {
    terminal.note("Nothing was dropped: no month may go yet.");
  }
}
