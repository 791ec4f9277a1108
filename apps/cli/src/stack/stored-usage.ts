/** Usage in Postgres, as commands read it. */
import type { Db } from "@tera/database";
import {
  createContentStore,
  createRefusalStore,
  createUsageReports,
  describeRequest,
  exportUsage,
  findListedRequest,
} from "@tera/metering";
import type { CommandUsage } from "./command-usage.ts";

export function createStoredUsage({ db }: { db: Db }): CommandUsage {
  const reports = createUsageReports({ db });
  const refusals = createRefusalStore({ db });
  return {
    async summarize(filter, by, limit) {
      return { rows: await reports.summarize(filter, by, limit), total: await reports.total(filter) };
    },
    lastRequests: (filter, limit, after) => reports.lastRequests(filter, limit, after),
    lastRefused: (filter, limit, after) => refusals.list(filter, limit, after),
    countRefused: (filter) => refusals.count(filter),
    findPosition: (requestId) => findListedRequest(db, requestId),
    async find(requestId) {
      return { description: await describeRequest(db, requestId), refused: await refusals.find(requestId) };
    },
    findContent: (requestId) => createContentStore({ db }).find(requestId),
    exportAll: (filter, onBatch) => exportUsage(db, filter, onBatch),
  };
}
