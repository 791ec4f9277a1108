/** Admin tokens: what opens the Admin API for scripts. */

import { z } from "zod";
import { momentSchema } from "./page.ts";
import { roleSchema } from "./roles.ts";

export const adminTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  lastFour: z.string(),
  role: roleSchema,
  accountId: z.string().nullable(),
  createdBy: z.string(),
  createdAt: momentSchema,
  expiresAt: momentSchema.nullable(),
  revokedAt: momentSchema.nullable(),
  lastUsedAt: momentSchema.nullable(),
});
export type AdminToken = z.infer<typeof adminTokenSchema>;
export const adminTokenListSchema = z.object({ items: z.array(adminTokenSchema) });

export const newAdminTokenSchema = z
  .strictObject({
    name: z.string().trim().min(1, "is needed").max(100),
    role: roleSchema,
    accountId: z.string().nullable().default(null),
    /** Null: it does not expire. */
    expiresAt: momentSchema.nullable().default(null),
  })
  .refine(({ role, accountId }) => (role === "member") === (accountId !== null), {
    path: ["accountId"],
    message: "is needed for the role member, and for no other",
  });
export type NewAdminToken = z.input<typeof newAdminTokenSchema>;

/** The only time that the token is told. */
export const madeAdminTokenSchema = z.object({ token: z.string(), summary: adminTokenSchema });
export type MadeAdminToken = z.infer<typeof madeAdminTokenSchema>;
