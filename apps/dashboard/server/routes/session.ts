/** `/admin/api/session`, `/admin/api/sign-in`, `/admin/api/invitations/...`: who is signed in, and how people come in. */
import { createInvitationStore, createMemberStore, type MemberStore, recordAudit } from "@tera/access";
import { type Db, member, memberSession, memberSignIn } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { and, eq } from "drizzle-orm";
import {
  acceptInvitationSchema,
  openedInvitationSchema,
  openInvitationSchema,
  sessionSchema,
  signInWaysSchema,
} from "../../api/session.ts";
import { toSession } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { AdminError } from "../errors.ts";
import type { Auth } from "../sign-in/auth.ts";
import { hashPassword } from "../sign-in/password.ts";
import { toAuthHeaders } from "../sign-in/request-headers.ts";

export interface SessionDependencies {
  db: Db;
  auth: Auth;
  memberStore: MemberStore;
  /** Name of the identity provider. */
  oidcName: string | undefined;
}

const staleInvitation = "This link was used already, or its time is over. Ask for a new one.";

export function registerSessionRoutes(app: AdminApp, { db, auth, memberStore, oidcName }: SessionDependencies): void {
  app.get(
    "/session",
    { config: { permission: "signed-in" }, schema: { summary: "Who is signed in", response: { 200: sessionSchema } } },
    async (request) => toSession(request.actor),
  );

  app.get(
    "/sign-in",
    { config: { public: true }, schema: { summary: "The ways to sign in", response: { 200: signInWaysSchema } } },
    async () => ({ hasMembers: await memberStore.hasMembers(), oidc: oidcName ?? null }),
  );

  app.post(
    "/invitations/open",
    {
      config: { public: true },
      schema: {
        summary: "What an invitation is for",
        body: openInvitationSchema,
        response: { 200: openedInvitationSchema },
      },
    },
    async (request) => {
      const found = await createInvitationStore({ db }).findOpenInvitation(request.body.token);
      if (found === undefined) throw new AdminError("not_found", staleInvitation);
      const { role, email, accountName, memberId, expiresAt } = found;
      return { role, email, account: accountName, resets: memberId !== null, expiresAt: expiresAt.toISOString() };
    },
  );

  app.post(
    "/invitations/accept",
    {
      config: { public: true },
      schema: { summary: "Become a member, and sign in", body: acceptInvitationSchema },
    },
    async (request, reply) => {
      const { token, name, password } = request.body;
      const passwordHash = await hashPassword(password);
      const email = await db.transaction(async (tx) => {
        const invitation = await createInvitationStore({ db: tx }).useInvitation(token);
        if (invitation === undefined) throw new AdminError("not_found", staleInvitation);
        const address = (invitation.email ?? request.body.email).toLowerCase();
        // An address that a customer has chosen is nobody's word but theirs: no identity provider may open this door by it.
        const emailVerified = invitation.email !== null || invitation.accountId === null;
        const { memberId: resetId } = invitation;
        const memberId = await ensureMember(tx, {
          memberId: resetId,
          email: address,
          emailVerified,
          name,
          passwordHash,
        });
        await createMemberStore({ db: tx }).grant(memberId, invitation.role, invitation.accountId);
        await recordAudit(
          tx,
          { kind: "member", id: memberId, name: `${name} <${address}>`, address: request.ip },
          {
            action: invitation.memberId === null ? "member.join" : "member.reset_password",
            objectKind: "member",
            objectId: memberId,
            objectName: address,
            accountId: invitation.accountId ?? undefined,
            after: { role: invitation.role, invitedBy: invitation.createdBy },
          },
        );
        return address;
      });
      const { headers } = await auth.api.signInEmail({
        body: { email, password },
        headers: toAuthHeaders(request),
        returnHeaders: true,
      });
      for (const cookie of headers.getSetCookie()) reply.header("set-cookie", cookie);
      return reply.code(204).send();
    },
  );
}

/** Somebody new; or somebody known, whose password is set and whose sessions end. */
async function ensureMember(
  tx: Db,
  person: { memberId: string | null; email: string; emailVerified: boolean; name: string; passwordHash: string },
): Promise<string> {
  const known = person.memberId ?? (await createMemberStore({ db: tx }).findMemberByEmail(person.email))?.id;
  if (known !== undefined && person.memberId === null) {
    throw new AdminError(
      "conflict",
      `${person.email} is a member already. Sign in; whoever invited you can give you more rights.`,
    );
  }
  const memberId = known ?? `mem_${randomBase62(16)}`;
  if (known === undefined) {
    const { name, email, emailVerified } = person;
    await tx.insert(member).values({ id: memberId, name, email, emailVerified });
  } else {
    await tx.delete(memberSession).where(eq(memberSession.userId, memberId));
    await tx
      .delete(memberSignIn)
      .where(and(eq(memberSignIn.userId, memberId), eq(memberSignIn.providerId, "credential")));
  }
  await tx.insert(memberSignIn).values({
    id: `si_${randomBase62(16)}`,
    userId: memberId,
    accountId: memberId,
    providerId: "credential",
    password: person.passwordHash,
  });
  return memberId;
}
