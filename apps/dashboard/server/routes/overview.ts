/** `/admin/api/overview/attention` and `/admin/api/overview/usage` */
import type { Db } from "@tera/database";
import type { WorkerState } from "@tera/protocol";
import { attentionSchema, overviewUsageQuery, overviewUsageSchema } from "../../api/overview.ts";
import { accountsInView } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { readAttention } from "../overview/read-attention.ts";
import { readOverviewUsage } from "../overview/read-overview-usage.ts";

export interface OverviewDependencies {
  db: Db;
  readWorkers(): Promise<WorkerState[]>;
}

export function registerOverviewRoutes(app: AdminApp, { db, readWorkers }: OverviewDependencies): void {
  app.get(
    "/overview/attention",
    {
      config: { permission: "runners:read" },
      schema: { summary: "What needs somebody", response: { 200: attentionSchema } },
    },
    async () => {
      const workers = await readWorkers();
      const runners = workers.flatMap((worker) => worker.runners);
      const served = new Set(runners.flatMap(({ models }) => models.map(({ id }) => id)));
      return readAttention(db, [...served].toSorted());
    },
  );

  app.get(
    "/overview/usage",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "What was used today, in this month and in the last 24 hours",
        description: "Of the accounts that the asking person or token sees.",
        querystring: overviewUsageQuery,
        response: { 200: overviewUsageSchema },
      },
    },
    async ({ query, actor }) => readOverviewUsage(db, accountsInView(actor, query.accountId)),
  );
}
