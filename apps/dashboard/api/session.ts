/** Who is signed in, and what they may do. */

import { permissionSchema, roleSchema } from "@tera/admin-api/roles";
import { z } from "zod";

/** `GET /admin/api/session` */
export const sessionSchema = z.object({
  /** member: a person with a session; token: a script. */
  kind: z.enum(["member", "token"]),
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role: roleSchema,
  permissions: z.array(permissionSchema),
  /** The accounts of a customer; null: an operator's, who sees all. */
  accounts: z.array(z.object({ id: z.string(), name: z.string() })).nullable(),
  twoFactorEnabled: z.boolean(),
});
export type Session = z.infer<typeof sessionSchema>;

export const passwordLengthMin = 12;
export const passwordLengthMax = 256;
const password = z
  .string()
  .min(passwordLengthMin, `must have at least ${passwordLengthMin} characters`)
  .max(passwordLengthMax, `must have at most ${passwordLengthMax} characters`);

/** `POST /admin/api/invitations/open`: what an invitation is for, before it is accepted. */
export const openInvitationSchema = z.strictObject({ token: z.string().max(100) });
export const openedInvitationSchema = z.object({
  role: roleSchema,
  /** Null: whoever accepts names it. */
  email: z.string().nullable(),
  account: z.string().nullable(),
  /** It sets a new password of somebody who is a member already. */
  resets: z.boolean(),
  expiresAt: z.iso.datetime(),
});
export type OpenedInvitation = z.infer<typeof openedInvitationSchema>;

/** `POST /admin/api/invitations/accept`: makes the member and signs them in. */
export const acceptInvitationSchema = z.strictObject({
  token: z.string().max(100),
  name: z.string().trim().min(1, "is needed").max(100),
  email: z.email("must be an e-mail address").max(254),
  password,
});

/** `GET /admin/api/sign-in`: the ways in that this installation offers. */
export const signInWaysSchema = z.object({
  /** Nobody can sign in yet: the first owner comes in by a one-time link. */
  hasMembers: z.boolean(),
  /** Name of the identity provider; null: none is set up. */
  oidc: z.string().nullable(),
});
export type SignInWays = z.infer<typeof signInWaysSchema>;
