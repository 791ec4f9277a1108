/** `/admin/api/csp-reports`: browsers tell what the content security policy refused. Logged: it is an attack, or a fault of ours. */
import { z } from "zod";
import type { AdminApp } from "../admin-app.ts";

const reportSchema = z.object({
  "csp-report": z.object({
    "violated-directive": z.string().max(500).optional(),
    "blocked-uri": z.string().max(2_000).optional(),
    "source-file": z.string().max(2_000).optional(),
  }),
});

export function registerCspReports(app: AdminApp): void {
  app.addContentTypeParser("application/csp-report", { parseAs: "string" }, app.getDefaultJsonParser("error", "error"));
  app.post(
    "/csp-reports",
    { config: { public: true }, schema: { hide: true, body: reportSchema } },
    async (request, reply) => {
      request.log.warn(
        { address: request.ip, report: request.body["csp-report"] },
        "content security policy refused something",
      );
      return reply.code(204).send();
    },
  );
}
