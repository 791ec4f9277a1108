/** `/admin/api/installation` */
import { installationSchema } from "../../api/installation.ts";
import type { AdminApp } from "../admin-app.ts";

export function registerInstallationRoutes(app: AdminApp, { apiUrl }: { apiUrl: string }): void {
  app.get(
    "/installation",
    {
      config: { permission: "signed-in" },
      schema: { summary: "What clients call", response: { 200: installationSchema } },
    },
    async () => ({ apiUrl }),
  );
}
