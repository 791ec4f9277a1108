/** Members, their roles, and the invitations by which they come in. */

import { z } from "zod";
import { momentSchema } from "./page.ts";
import { roleSchema } from "./roles.ts";

export const grantSchema = z.object({
  id: z.string(),
  role: roleSchema,
  /** Of a customer; null: the operator's. */
  accountId: z.string().nullable(),
  accountName: z.string().nullable(),
});

export const memberSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  twoFactorEnabled: z.boolean(),
  createdAt: momentSchema,
  grants: z.array(grantSchema),
});
export type Member = z.infer<typeof memberSchema>;

export const memberListQuery = z.object({ accountId: z.string().optional() });
export const memberListSchema = z.object({ items: z.array(memberSchema) });

/** What somebody is made. A member belongs to an account, the operator's people to none. */
export const grantChangeSchema = z
  .strictObject({ role: roleSchema, accountId: z.string().nullable().default(null) })
  .refine(({ role, accountId }) => (role === "member") === (accountId !== null), {
    path: ["accountId"],
    message: "is needed for the role member, and for no other",
  });
export type GrantChange = z.infer<typeof grantChangeSchema>;

export const invitationSchema = z.object({
  id: z.string(),
  role: roleSchema,
  accountId: z.string().nullable(),
  accountName: z.string().nullable(),
  email: z.string().nullable(),
  /** It sets the password of this member anew. */
  memberId: z.string().nullable(),
  createdBy: z.string(),
  createdAt: momentSchema,
  expiresAt: momentSchema,
});
export type Invitation = z.infer<typeof invitationSchema>;
export const invitationListSchema = z.object({ items: z.array(invitationSchema) });

export const newInvitationSchema = z
  .strictObject({
    role: roleSchema,
    accountId: z.string().nullable().default(null),
    email: z.email("must be an e-mail address").max(254),
  })
  .refine(({ role, accountId }) => (role === "member") === (accountId !== null), {
    path: ["accountId"],
    message: "is needed for the role member, and for no other",
  });
export type NewInvitation = z.input<typeof newInvitationSchema>;

/** The only time that the link is told. */
export const madeInvitationSchema = z.object({ link: z.string(), invitation: invitationSchema });
export type MadeInvitation = z.infer<typeof madeInvitationSchema>;
