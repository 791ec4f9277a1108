/** The audit log: who changed what, from where. */

import { cursorPageOf, cursorQuery, momentSchema } from "@tera/admin-api/page";
import { z } from "zod";

export const auditActorKindSchema = z.enum(["member", "token", "cli", "system"]);

export const auditEventSchema = z.object({
  id: z.string(),
  at: momentSchema,
  actorKind: auditActorKindSchema,
  actorId: z.string(),
  actorName: z.string(),
  address: z.string().nullable(),
  action: z.string(),
  objectKind: z.string(),
  objectId: z.string(),
  objectName: z.string().nullable(),
  accountId: z.string().nullable(),
  /** As it is called today. */
  accountName: z.string().nullable(),
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

export const auditQuery = cursorQuery.extend({
  /** `key.create`, or `key.` for all that was done to keys. */
  action: z.string().max(100).optional(),
  actorId: z.string().max(200).optional(),
  objectId: z.string().max(200).optional(),
  accountId: z.string().max(200).optional(),
  from: momentSchema.optional(),
  /** Not itself. */
  to: momentSchema.optional(),
});
export const auditPageSchema = cursorPageOf(auditEventSchema);
