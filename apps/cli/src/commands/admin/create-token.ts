/** `tera admin token`: an admin token, shown once. */
import { z } from "zod";
import { auditActorOf } from "../../stack/audit-actor.ts";
import { findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import { authorOf } from "../author.ts";
import type { CommandContext } from "../context.ts";
import { parseExpiry } from "../expiry.ts";
import { findAccount } from "../find-account.ts";
import { checkAccount, roles } from "./invite.ts";

export const tokenOptions = z.object({
  name: z.string().trim().min(1),
  role: z.enum(roles),
  account: z.string().optional(),
  expires: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
});

export async function createToken(options: z.infer<typeof tokenOptions>, context: CommandContext): Promise<void> {
  const { name, role, account: accountId } = options;
  checkAccount(role, accountId);
  const expiresAt = options.expires === undefined ? null : readExpiry(options.expires);
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const { token, summary } = await withDatabase(stack, async (db) => {
    const { createAdminTokenStore, recordAudit } = await import("@tera/access");
    if (accountId !== undefined) await findAccount(db, accountId);
    return db.transaction(async (tx) => {
      const made = await createAdminTokenStore({ db: tx }).createToken({
        name,
        role,
        accountId: accountId ?? null,
        createdBy: authorOf(context.environment),
        expiresAt,
      });
      await recordAudit(tx, auditActorOf(context.environment), {
        action: "token.create",
        objectKind: "token",
        objectId: made.summary.id,
        objectName: name,
        accountId,
        after: { role, accountId, expiresAt },
      });
      return made;
    });
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
