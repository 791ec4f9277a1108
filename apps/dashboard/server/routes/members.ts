/** `/admin/api/members` and `/admin/api/invitations`: who may sign in, and as what. */
import { createInvitationStore, createMemberStore, type MemberWithGrants, type OpenInvitation } from "@tera/access";
import {
  grantChangeSchema,
  type Invitation,
  invitationListSchema,
  invitationSchema,
  type Member,
  madeInvitationSchema,
  memberListQuery,
  memberListSchema,
  memberSchema,
  newInvitationSchema,
} from "@tera/admin-api/members";
import type { Role } from "@tera/admin-api/roles";
import type { Db } from "@tera/database";
import { z } from "zod";
import type { Actor } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";

export interface MemberDependencies {
  db: Db;
  change: Change;
  /** What links begin with: `https://tera.example.com`. */
  origin: string;
}

const memberParams = z.object({ memberId: z.string() });
const grantParams = memberParams.extend({ accountId: z.string() });
/** In a path, for the operator's own role. */
const operator = "operator";

export function registerMemberRoutes(app: AdminApp, { db, change, origin }: MemberDependencies): void {
  app.get(
    "/members",
    {
      config: { permission: "members:read" },
      schema: { summary: "List members", querystring: memberListQuery, response: { 200: memberListSchema } },
    },
    async ({ query }) => ({ items: (await createMemberStore({ db }).listMembers(query)).map(toMember) }),
  );

  app.put(
    "/members/:memberId/grants",
    {
      config: { permission: "members:write" },
      schema: {
        summary: "Give a member a role",
        params: memberParams,
        body: grantChangeSchema,
        response: { 200: memberSchema },
      },
    },
    async ({ params: { memberId }, body: { role, accountId }, actor }) => {
      await change(actor, async (tx) => {
        const store = createMemberStore({ db: tx });
        const before = await mustFind(tx, memberId);
        mayTouch(actor, [role, ...rolesOf(before)]);
        await store.grant(memberId, role, accountId);
        await mustKeepOwner(tx);
        const entry = { action: "member.grant", ...describe(before), after: { role, accountId } };
        return { answer: undefined, entry: { ...entry, ...(accountId === null ? {} : { accountId }) } };
      });
      return toMember(await mustFind(db, memberId));
    },
  );

  app.delete(
    "/members/:memberId/grants/:accountId",
    {
      config: { permission: "members:write" },
      schema: {
        summary: `Take a role away; \`${operator}\` in place of an account: the operator's`,
        params: grantParams,
        response: { 200: memberSchema },
      },
    },
    async ({ params: { memberId, accountId: named }, actor }) => {
      const accountId = named === operator ? null : named;
      await change(actor, async (tx) => {
        const before = await mustFind(tx, memberId);
        mayTouch(actor, rolesOf(before));
        if (!(await createMemberStore({ db: tx }).revoke(memberId, accountId))) throw notFound("role of this member");
        await mustKeepOwner(tx);
        const entry = { action: "member.revoke", ...describe(before), before: { accountId } };
        return { answer: undefined, entry: { ...entry, ...(accountId === null ? {} : { accountId }) } };
      });
      return toMember(await mustFind(db, memberId));
    },
  );

  app.delete(
    "/members/:memberId",
    {
      config: { permission: "members:write" },
      schema: { summary: "Remove a member: sessions, password and passkeys end", params: memberParams },
    },
    async ({ params: { memberId }, actor }, reply) => {
      await change(actor, async (tx) => {
        const before = await mustFind(tx, memberId);
        mayTouch(actor, rolesOf(before));
        await createMemberStore({ db: tx }).removeMember(memberId);
        await mustKeepOwner(tx);
        const { name, email } = before;
        return { answer: undefined, entry: { action: "member.remove", ...describe(before), before: { name, email } } };
      });
      return reply.code(204).send();
    },
  );

  app.post(
    "/members/:memberId/password-link",
    {
      config: { permission: "members:write" },
      schema: {
        summary: "Make a link by which a member sets a new password",
        params: memberParams,
        response: { 200: madeInvitationSchema },
      },
    },
    async ({ params: { memberId }, actor }) =>
      change(actor, async (tx) => {
        const known = await mustFind(tx, memberId);
        mayTouch(actor, rolesOf(known));
        const [strongest] = known.grants;
        if (strongest === undefined) throw new AdminError("conflict", "This member has no role. Give one first.");
        const { token, invitation } = await createInvitationStore({ db: tx }).createInvitation({
          role: strongest.role,
          accountId: strongest.accountId,
          email: known.email,
          memberId,
          createdBy: actor.name,
        });
        const answer = { link: linkOf(token), invitation: toInvitation(invitation) };
        return { answer, entry: { action: "member.password_link", ...describe(known) } };
      }),
  );

  app.get(
    "/invitations",
    {
      config: { permission: "members:read" },
      schema: { summary: "List invitations that are open", response: { 200: invitationListSchema } },
    },
    async () => ({ items: (await createInvitationStore({ db }).listOpenInvitations()).map(toInvitation) }),
  );

  app.post(
    "/invitations",
    {
      config: { permission: "members:write" },
      schema: { summary: "Invite somebody", body: newInvitationSchema, response: { 200: madeInvitationSchema } },
    },
    async ({ body: { role, accountId, email }, actor }) => {
      mayTouch(actor, [role]);
      return change(actor, async (tx) => {
        if ((await createMemberStore({ db: tx }).findMemberByEmail(email)) !== undefined) {
          throw new AdminError("conflict", `${email} is a member already. Give that member another role instead.`);
        }
        const { token, invitation } = await createInvitationStore({ db: tx }).createInvitation({
          role,
          accountId,
          email,
          createdBy: actor.name,
        });
        const entry = {
          action: "invitation.create",
          objectKind: "invitation",
          objectId: invitation.id,
          objectName: email,
          after: { role, email, accountId },
        };
        return {
          answer: { link: linkOf(token), invitation: toInvitation(invitation) },
          entry: { ...entry, ...(accountId === null ? {} : { accountId }) },
        };
      });
    },
  );

  app.delete(
    "/invitations/:invitationId",
    {
      config: { permission: "members:write" },
      schema: {
        summary: "Withdraw an invitation",
        params: z.object({ invitationId: z.string() }),
        response: { 200: invitationSchema },
      },
    },
    async ({ params: { invitationId }, actor }) =>
      change(actor, async (tx) => {
        const withdrawn = await createInvitationStore({ db: tx }).withdrawInvitation(invitationId);
        if (withdrawn === undefined) throw notFound("open invitation");
        mayTouch(actor, [withdrawn.role]);
        const objectName = withdrawn.email ?? undefined;
        const entry = { action: "invitation.withdraw", objectKind: "invitation", objectId: invitationId, objectName };
        return { answer: toInvitation(withdrawn), entry };
      }),
  );

  const linkOf = (token: string) => `${origin}/invite#${token}`;
}

async function mustFind(db: Db, memberId: string): Promise<MemberWithGrants> {
  const found = await createMemberStore({ db }).findMember(memberId);
  if (found === undefined) throw notFound("member");
  return found;
}

/** Owners are made and changed by owners only. */
function mayTouch(actor: Actor, roles: readonly Role[]): void {
  if (actor.role === "owner" || !roles.includes("owner")) return;
  throw new AdminError("forbidden", "Only an owner may do this to an owner.");
}

/** Called in the transaction of a change, after it. @throws {AdminError} `conflict`: it undoes the change. */
async function mustKeepOwner(tx: Db): Promise<void> {
  if ((await createMemberStore({ db: tx }).countOwners()) > 0) return;
  throw new AdminError("conflict", "This is the last owner. Make somebody else an owner first.");
}

const rolesOf = ({ grants }: MemberWithGrants) => grants.map(({ role }) => role);

function describe({ id, email }: MemberWithGrants) {
  return { objectKind: "member", objectId: id, objectName: email };
}

function toMember({ createdAt, grants, ...member }: MemberWithGrants): Member {
  return {
    ...member,
    createdAt: createdAt.toISOString(),
    grants: grants.map(({ id, role, accountId, accountName }) => ({ id, role, accountId, accountName })),
  };
}

function toInvitation({ createdAt, expiresAt, ...invitation }: OpenInvitation): Invitation {
  return { ...invitation, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}
