/** `tera admin token`: an admin token, shown once. */
import { z } from "zod";
import { withPeople } from "../../stack/with-people.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { parseExpiry } from "../expiry.ts";
import { requireAccount } from "../find-account.ts";
import { checkAccount, roles } from "./invite.ts";

export const tokenOptions = z.object({
  name: z.string().trim().min(1),
  role: z.enum(roles),
  account: z.string().optional(),
  expires: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function createToken(options: z.infer<typeof tokenOptions>, context: CommandContext): Promise<void> {
  const { name, role, account: accountId } = options;
  checkAccount(role, accountId);
  const expiresAt = options.expires === undefined ? null : readExpiry(options.expires);
  const { token, summary } = await withPeople(options, context, async (people, accounts) => {
    if (accountId !== undefined) await requireAccount(accounts, accountId);
    return people.createToken({ name, role, accountId, expiresAt });
  });
  if (options.json) {
    context.terminal.print(JSON.stringify({ token, ...summary }));
    return;
  }
  context.terminal.note(`Made ${summary.id} (${oneLine(name)}), which may do what the role ${role} may.`);
  context.terminal.note("This is the only time that the token is shown:");
  context.terminal.print(token);
}

function readExpiry(text: string): Date {
  const expiresAt = parseExpiry(text, new Date());
  if (expiresAt === undefined) {
    throw new CliError(`--expires ${oneLine(text)} is no time ahead: write 12h, 30d, 8w or a date such as 2027-01-31.`);
  }
  return expiresAt;
}
