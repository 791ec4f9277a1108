/** `/admin/api/audit` */
import { listAuditEvents } from "@tera/access";
import type { Db } from "@tera/database";
import { auditPageSchema, auditQuery } from "../../api/audit.ts";
import type { AdminApp } from "../admin-app.ts";
import { AdminError } from "../errors.ts";

export function registerAuditRoutes(app: AdminApp, { db }: { db: Db }): void {
  app.get(
    "/audit",
    {
      config: { permission: "audit:read" },
      schema: { summary: "Read the audit log", querystring: auditQuery, response: { 200: auditPageSchema } },
    },
    async ({ query: { before, from, to, pageSize, ...filters } }) => {
      if (before !== undefined && !/^\d{1,18}$/.test(before)) {
        throw new AdminError("invalid_request", "before: is not from an earlier page.");
      }
      const events = await listAuditEvents(db, {
        ...filters,
        pageSize: pageSize + 1,
        before: before === undefined ? undefined : BigInt(before),
        from: from === undefined ? undefined : new Date(from),
        to: to === undefined ? undefined : new Date(to),
      });
      const items = events
        .slice(0, pageSize)
        .map(({ id, at, ...event }) => ({ ...event, id: String(id), at: at.toISOString() }));
      return { items, next: events.length > pageSize ? (items.at(-1)?.id ?? null) : null };
    },
  );
}
