/** `/admin/api/usage` and `/admin/api/usage.csv` */
import { Readable } from "node:stream";
import { usageQuery, usageSchema, usageSumListSchema, usageSumsQuery } from "@tera/admin-api/usage";
import type { Db } from "@tera/database";
import { createUsageReports } from "@tera/metering";
import { accountsInView } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { createLargestGroups } from "../usage/largest-groups.ts";
import { readFilter, readHours, readPeriod } from "../usage/read-period.ts";
import { reportUsage } from "../usage/report-usage.ts";
import { toUsageSum } from "../usage/usage-counts.ts";
import { writeUsageCsv } from "../usage/usage-csv.ts";

export function registerUsageRoutes(app: AdminApp, { db }: { db: Db }): void {
  const largest = createLargestGroups({ db });

  app.get(
    "/usage",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "What was used and what it cost",
        description: "Over time, or by model, key or account. Days are UTC's.",
        querystring: usageQuery,
        response: { 200: usageSchema },
      },
    },
    async ({ query, actor }) => {
      const period = readPeriod(query);
      return reportUsage(db, largest, readFilter(actor, query, period), period, query);
    },
  );

  app.get(
    "/usage/sums",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "The same in whole hours, charges and corrections apart",
        querystring: usageSumsQuery,
        response: { 200: usageSumListSchema },
      },
    },
    async ({ query, actor }) => {
      const { by, limit, accountId, keyId, model } = query;
      const period = readHours(query);
      const filter = { accountId, among: accountsInView(actor, accountId) ?? undefined, keyId, model, ...period };
      const reports = createUsageReports({ db });
      const [groups, total] = await Promise.all([reports.summarize(filter, by, limit), reports.total(filter)]);
      return {
        from: period.from.toISOString(),
        to: period.to.toISOString(),
        groups: groups.map(toUsageSum),
        total: toUsageSum(total),
      };
    },
  );

  app.get(
    "/usage.csv",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "The same as CSV: each day or hour of each model, key or account",
        querystring: usageQuery,
      },
    },
    async ({ query, actor }, reply) => {
      const period = readPeriod(query);
      const rows = writeUsageCsv(db, readFilter(actor, query, period), period, query);
      const day = (at: Date) => at.toISOString().slice(0, 10);
      const name = `usage-${query.by === "time" ? "" : `by-${query.by}-`}${day(period.from)}-${day(period.to)}.csv`;
      return reply
        .type("text/csv; charset=utf-8")
        .header("content-disposition", `attachment; filename="${name}"`)
        .send(Readable.from(rows, { objectMode: false }));
    },
  );
}
