/** `/admin/api/settings` */
import { backgroundRun, type Db, inspectDatabase, notice } from "@tera/database";
import { listUsageMonths } from "@tera/metering";
import { asc, desc } from "drizzle-orm";
import { type Settings, settingsSchema } from "../../api/settings.ts";
import manifest from "../../package.json" with { type: "json" };
import type { AdminApp } from "../admin-app.ts";

const noticesShown = 50;

export interface SettingsDependencies {
  db: Db;
  databaseUrl: string;
  origin: string;
  apiUrl: string;
  oidcName: string | undefined;
}

export function registerSettingsRoutes(app: AdminApp, dependencies: SettingsDependencies): void {
  const { db, databaseUrl, origin, apiUrl, oidcName } = dependencies;
  app.get(
    "/settings",
    {
      config: { permission: "settings:read" },
      schema: { summary: "The state of the installation", response: { 200: settingsSchema } },
    },
    async (): Promise<Settings> => {
      const [database, usageMonths, runs, notices] = await Promise.all([
        inspectDatabase(databaseUrl),
        listUsageMonths(db),
        db.select().from(backgroundRun).orderBy(asc(backgroundRun.name)),
        db.select().from(notice).orderBy(desc(notice.createdAt)).limit(noticesShown),
      ]);
      return {
        version: manifest.version,
        dashboardUrl: origin,
        apiUrl,
        oidc: oidcName ?? null,
        database,
        usageMonths,
        runs: runs.map(({ startedAt, succeededAt, ...run }) => ({
          ...run,
          startedAt: startedAt.toISOString(),
          succeededAt: succeededAt?.toISOString() ?? null,
        })),
        notices: notices.map(({ createdAt, deliveredAt, abandonedAt, ...told }) => ({
          ...told,
          createdAt: createdAt.toISOString(),
          state: deliveredAt !== null ? "delivered" : abandonedAt !== null ? "abandoned" : "waiting",
        })),
      };
    },
  );
}
