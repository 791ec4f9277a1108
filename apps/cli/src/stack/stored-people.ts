/** Members, invitations and admin tokens in Postgres, as commands make them: each with its entry in the audit log. */
import {
  type AuditActor,
  changeAudited,
  createAdminTokenStore,
  createInvitationStore,
  createMemberStore,
} from "@tera/access";
import type { Db } from "@tera/database";
import { CliError } from "../terminal/cli-error.ts";
import type { CommandPeople } from "./command-people.ts";

export interface StoredPeopleOptions {
  db: Db;
  actor: AuditActor;
  /** Of what is made. */
  author: string;
  /** What links begin with: `https://tera.example.com`. @throws {CliError} where nobody says so */
  readOrigin(): string;
}

export function createStoredPeople({ db, actor, author, readOrigin }: StoredPeopleOptions): CommandPeople {
  const members = createMemberStore({ db });
  return {
    listMembers: () => members.listMembers(),
    async invite({ role, accountId, email }) {
      const origin = readOrigin();
      if (email !== null && (await members.findMemberByEmail(email)) !== undefined) {
        throw new CliError(`${email} is a member already. \`tera admin password-link ${email}\` lets them in again.`);
      }
      return changeAudited(db, actor, async (tx) => {
        const { token, invitation } = await createInvitationStore({ db: tx }).createInvitation({
          role,
          accountId: accountId ?? null,
          email,
          createdBy: author,
        });
        const { id, expiresAt, accountName } = invitation;
        const object = { objectKind: "invitation", objectId: id, objectName: email ?? undefined, accountId };
        const after = { role, email, accountId: accountId ?? null };
        const answer = { link: `${origin}/invite#${token}`, expiresAt, accountName };
        return { answer, entry: { action: "invitation.create", ...object, after } };
      });
    },
    async makePasswordLink(email) {
      const origin = readOrigin();
      const known = await members.findMemberByEmail(email);
      if (known === undefined) throw new CliError(`${email} is no member. \`tera admin members\` lists them.`);
      const [grant] = await members.listGrants(known.id);
      if (grant === undefined) throw new CliError(`${email} has no role any more: give one on the page Members first.`);
      return changeAudited(db, actor, async (tx) => {
        const { token } = await createInvitationStore({ db: tx }).createInvitation({
          role: grant.role,
          accountId: grant.accountId,
          email,
          memberId: known.id,
          createdBy: author,
        });
        const object = { objectKind: "member", objectId: known.id, objectName: email };
        return { answer: `${origin}/invite#${token}`, entry: { action: "member.password_link", ...object } };
      });
    },
    async createToken({ name, role, accountId, expiresAt }) {
      return changeAudited(db, actor, async (tx) => {
        const wanted = { name, role, accountId: accountId ?? null, createdBy: author, expiresAt };
        const made = await createAdminTokenStore({ db: tx }).createToken(wanted);
        const object = { objectKind: "token", objectId: made.summary.id, objectName: name, accountId };
        const after = { role, accountId: accountId ?? null, expiresAt };
        return { answer: made, entry: { action: "token.create", ...object, after } };
      });
    },
  };
}
