/** Members, invitations and admin tokens through an Admin API, which knows what links begin with. */
import { madeInvitationSchema, memberListSchema } from "@tera/admin-api/members";
import { madeAdminTokenSchema } from "@tera/admin-api/tokens";
import type { CommandPeople } from "../stack/command-people.ts";
import { CliError } from "../terminal/cli-error.ts";
import type { AdminClient } from "./admin-client.ts";

export function createRemotePeople(client: AdminClient): CommandPeople {
  const listMembers: CommandPeople["listMembers"] = async () => {
    const { items } = await client.get(memberListSchema, "/members");
    return items.map(({ createdAt, ...member }) => ({ ...member, createdAt: new Date(createdAt) }));
  };

  return {
    listMembers,
    async invite({ role, accountId, email }) {
      if (email === null) {
        throw new CliError("Through an Admin API, an invitation is for one address: name it with --email.");
      }
      const body = { role, accountId: accountId ?? null, email };
      const { link, invitation } = await client.send("POST", madeInvitationSchema, "/invitations", body);
      return { link, expiresAt: new Date(invitation.expiresAt), accountName: invitation.accountName };
    },
    async makePasswordLink(email) {
      const known = (await listMembers()).find((member) => member.email === email);
      if (known === undefined) throw new CliError(`${email} is no member. \`tera admin members\` lists them.`);
      const path = `/members/${encodeURIComponent(known.id)}/password-link`;
      return (await client.send("POST", madeInvitationSchema, path)).link;
    },
    async createToken({ name, role, accountId, expiresAt }) {
      const body = { name, role, accountId: accountId ?? null, expiresAt: expiresAt?.toISOString() ?? null };
      const { token, summary } = await client.send("POST", madeAdminTokenSchema, "/tokens", body);
      const toDate = (moment: string | null) => (moment === null ? null : new Date(moment));
      return {
        token,
        summary: {
          ...summary,
          createdAt: new Date(summary.createdAt),
          expiresAt: toDate(summary.expiresAt),
          revokedAt: toDate(summary.revokedAt),
          lastUsedAt: toDate(summary.lastUsedAt),
        },
      };
    },
  };
}
