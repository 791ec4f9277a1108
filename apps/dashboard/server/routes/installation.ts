/** `/admin/api/installation` */
import type { UploadRules } from "@tera/batch";
import { installationSchema } from "../../api/installation.ts";
import type { AdminApp } from "../admin-app.ts";

export interface InstallationDependencies {
  apiUrl: string;
  uploadRules: Pick<UploadRules, "fileMaxBytes">;
}

export function registerInstallationRoutes(app: AdminApp, dependencies: InstallationDependencies): void {
  const { apiUrl, uploadRules } = dependencies;
  app.get(
    "/installation",
    {
      config: { permission: "signed-in" },
      schema: { summary: "What clients call, and how large a file may be", response: { 200: installationSchema } },
    },
    async () => ({ apiUrl, fileMaxBytes: uploadRules.fileMaxBytes }),
  );
}
