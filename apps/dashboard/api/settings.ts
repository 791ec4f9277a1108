/** The state of the installation: what it is, and what runs by itself. Settings are variables of the processes; this is where they can be seen. */

import { momentSchema } from "@tera/admin-api/page";
import { z } from "zod";

export const settingsSchema = z.object({
  version: z.string(),
  /** What browsers call the dashboard, and customers the API. */
  dashboardUrl: z.string(),
  apiUrl: z.string(),
  /** Name of the identity provider; null: none. */
  oidc: z.string().nullable(),
  database: z.object({
    serverVersion: z.string(),
    /** Migrations that it has, and that this version knows. */
    applied: z.number(),
    known: z.number(),
    /** Whether connections work as the role that may not change what is append-only. */
    applicationRole: z.enum(["used", "missing", "refused"]),
  }),
  /** Usage events, by month. */
  usageMonths: z.array(z.object({ month: z.string(), requests: z.number(), bytes: z.number() })),
  runs: z.array(
    z.object({
      name: z.string(),
      startedAt: momentSchema,
      succeededAt: momentSchema.nullable(),
      /** Why the last one failed. */
      failure: z.string().nullable(),
      outcome: z.unknown(),
    }),
  ),
  /** The newest. */
  notices: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      reference: z.string(),
      createdAt: momentSchema,
      state: z.enum(["waiting", "delivered", "abandoned"]),
      failure: z.string().nullable(),
    }),
  ),
});
export type Settings = z.infer<typeof settingsSchema>;
