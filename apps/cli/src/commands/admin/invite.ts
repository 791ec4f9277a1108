/** `tera admin invite` and `tera admin password-link`: links that work once. */
import type { Db, MemberRole } from "@tera/database";
import { z } from "zod";
import { auditActorOf } from "../../stack/audit-actor.ts";
import { type FoundStack, findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import { authorOf } from "../author.ts";
import type { CommandContext } from "../context.ts";
import { findAccount } from "../find-account.ts";

export const roles = ["owner", "admin", "billing", "viewer", "member"] as const satisfies readonly MemberRole[];

const commonOptions = { url: z.string().optional(), json: z.boolean().optional(), dataDir: z.string().optional() };
export const inviteOptions = z.object({
  role: z.enum(roles),
  email: z.string().optional(),
  account: z.string().optional(),
  ...commonOptions,
});
export const passwordLinkOptions = z.object(commonOptions);

export async function invite(options: z.infer<typeof inviteOptions>, context: CommandContext): Promise<void> {
  const { role, account: accountId } = options;
  checkAccount(role, accountId);
  const email = options.email === undefined ? null : readEmail(options.email);
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const url = dashboardUrl(options.url, stack, context.environment);
  const { token, invitation } = await withDatabase(stack, async (db) => {
    const { createInvitationStore, createMemberStore, recordAudit } = await import("@tera/access");
    if (accountId !== undefined) await findAccount(db, accountId);
    if (email !== null && (await createMemberStore({ db }).findMemberByEmail(email)) !== undefined) {
      throw new CliError(`${email} is a member already. \`tera admin password-link ${email}\` lets them in again.`);
    }
    return db.transaction(async (tx) => {
      const made = await createInvitationStore({ db: tx }).createInvitation({
        role,
        accountId: accountId ?? null,
        email,
        createdBy: authorOf(context.environment),
      });
      await recordAudit(tx, auditActorOf(context.environment), {
        action: "invitation.create",
        objectKind: "invitation",
        objectId: made.invitation.id,
        objectName: email ?? undefined,
        accountId,
        after: { role, email, accountId },
      });
      return made;
    });
  });
  const link = `${url}/invite#${token}`;
  if (options.json) {
    context.terminal.print(JSON.stringify({ link, role, email, accountId, expiresAt: invitation.expiresAt }));
    return;
  }
  const whom = email ?? "Whoever opens it";
  const what = invitation.accountName === null ? role : `a member of ${oneLine(invitation.accountName)}`;
  context.terminal.note(`${whom} becomes ${what}. The link works once, for three days:`);
  context.terminal.print(link);
}

export async function makePasswordLink(
  email: string,
  options: z.infer<typeof passwordLinkOptions>,
  context: CommandContext,
): Promise<void> {
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const url = dashboardUrl(options.url, stack, context.environment);
  const token = await withDatabase(stack, (db) => makeToken(db, readEmail(email), context));
  const link = `${url}/invite#${token}`;
  if (options.json) {
    context.terminal.print(JSON.stringify({ link, email }));
    return;
  }
  context.terminal.note("It sets the password anew, once, for three days; old sessions end then:");
  context.terminal.print(link);
}

async function makeToken(db: Db, email: string, { environment }: CommandContext): Promise<string> {
  const { createInvitationStore, createMemberStore, recordAudit } = await import("@tera/access");
  const known = await createMemberStore({ db }).findMemberByEmail(email);
  if (known === undefined) throw new CliError(`${email} is no member. \`tera admin members\` lists them.`);
  const [grant] = await createMemberStore({ db }).listGrants(known.id);
  if (grant === undefined) throw new CliError(`${email} has no role any more: give one on the page Members first.`);
  return db.transaction(async (tx) => {
    const { token } = await createInvitationStore({ db: tx }).createInvitation({
      role: grant.role,
      accountId: grant.accountId,
      email,
      memberId: known.id,
      createdBy: authorOf(environment),
    });
    await recordAudit(tx, auditActorOf(environment), {
      action: "member.password_link",
      objectKind: "member",
      objectId: known.id,
      objectName: email,
    });
    return token;
  });
}

/** @throws {CliError} */
export function checkAccount(role: MemberRole, accountId: string | undefined): void {
  if (role === "member" && accountId === undefined) throw new CliError("The role member needs --account <id>.");
  if (role !== "member" && accountId !== undefined) throw new CliError("--account is for the role member only.");
}

function readEmail(text: string): string {
  const parsed = z.email().safeParse(text.trim().toLowerCase());
  if (!parsed.success) throw new CliError(`${oneLine(text)} is not an e-mail address.`);
  return parsed.data;
}

/** `http://localhost:8788`. @throws {CliError} when nobody says where the dashboard is */
function dashboardUrl(given: string | undefined, stack: FoundStack, environment: NodeJS.ProcessEnv): string {
  const url = given ?? environment["TERA_DASHBOARD_URL"] ?? stack.running?.dashboard;
  if (url === undefined || url === null) {
    throw new CliError("No dashboard runs here: say how browsers reach yours with --url https://tera.example.com.");
  }
  const parsed = z.url({ protocol: /^https?$/ }).safeParse(url);
  if (!parsed.success) throw new CliError(`--url ${oneLine(url)} is not an http:// or https:// address.`);
  return new URL(parsed.data).origin;
}
