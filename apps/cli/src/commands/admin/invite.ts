/** `tera admin invite` and `tera admin password-link`: links that work once. */
import type { MemberRole } from "@tera/database";
import { z } from "zod";
import { type PeopleOptions, withPeople } from "../../stack/with-people.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { requireAccount } from "../find-account.ts";

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
  const { link, expiresAt, accountName } = await withPeople(
    placeOf(options, context),
    context,
    async (people, accounts) => {
      if (accountId !== undefined) await requireAccount(accounts, accountId);
      return people.invite({ role, accountId, email });
    },
  );
  if (options.json) {
    context.terminal.print(JSON.stringify({ link, role, email, accountId, expiresAt }));
    return;
  }
  const whom = email ?? "Whoever opens it";
  const what = accountName === null ? role : `a member of ${oneLine(accountName)}`;
  context.terminal.note(`${whom} becomes ${what}. The link works once, for three days:`);
  context.terminal.print(link);
}

export async function makePasswordLink(
  given: string,
  options: z.infer<typeof passwordLinkOptions>,
  context: CommandContext,
): Promise<void> {
  const email = readEmail(given);
  const link = await withPeople(placeOf(options, context), context, (people) => people.makePasswordLink(email));
  if (options.json) {
    context.terminal.print(JSON.stringify({ link, email: given }));
    return;
  }
  context.terminal.note("It sets the password anew, once, for three days; old sessions end then:");
  context.terminal.print(link);
}

/** `--url` is the dashboard's: its Admin API, where there is a token for it; else what a link begins with. */
function placeOf(
  { url, dataDir }: { url?: string | undefined; dataDir?: string | undefined },
  { environment }: CommandContext,
): PeopleOptions {
  const hasToken = dataDir === undefined && environment["TERA_ADMIN_TOKEN"] !== undefined;
  return hasToken ? { url, dataDir } : { linkUrl: url, dataDir };
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
