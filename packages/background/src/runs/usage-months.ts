/** Makes the coming months of usage events every day, and drops what is past its retention: months of usage events, and days of kept content and of refused requests. */
import type { Db } from "@tera/database";
import { dropExpiredContent, dropExpiredRefusals, dropExpiredUsage, ensureUsageMonths } from "@tera/metering";
import type { BackgroundLog, Run } from "../run.ts";

export interface UsageMonthsDependencies {
  db: Db;
  /** Months that are over whose usage is kept; undefined: all. */
  retentionMonths: number | undefined;
  /** Who drops them: `gateway:<id>`. */
  author: string;
  log: BackgroundLog;
}

export function createUsageMonthsRun({ db, retentionMonths, author, log }: UsageMonthsDependencies): Run {
  return {
    name: "usage-months",
    schedule: { pattern: "10 4 * * *", dueAfterMs: 26 * 3_600_000 },
    attemptsMax: 3,
    async work() {
      const moved = await ensureUsageMonths(db);
      const content = (await dropExpiredContent(db)).map(({ day }) => day);
      const refusals = [...new Set((await dropExpiredRefusals(db)).map(({ day }) => day))];
      if (retentionMonths === undefined) return { moved, content, refusals };
      const { dropped, kept } = await dropExpiredUsage(db, { months: retentionMonths, author });
      for (const { month, reason } of kept) log.warn({ month, reason }, "usage past its retention is kept");
      return {
        moved,
        content,
        refusals,
        dropped: dropped.map(({ month }) => month),
        kept: kept.map(({ month }) => month),
      };
    },
  };
}
