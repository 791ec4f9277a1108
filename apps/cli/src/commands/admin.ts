/** `tera admin`: who may sign in to the dashboard, and what scripts use its API. */
import { type Command, Option } from "commander";
import { createToken, tokenOptions } from "./admin/create-token.ts";
import { invite, inviteOptions, makePasswordLink, passwordLinkOptions, roles } from "./admin/invite.ts";
import { listMembers, listOptions } from "./admin/list-members.ts";
import { adminUrlOption, type CommandContext, dataDirOption, jsonOption } from "./context.ts";

const roleHelp =
  "owner: everything; admin: everything but owners; billing: changes money; viewer: changes nothing; member: a customer";
const accountOption = ["--account <id>", "of which account, for the role member"] as const;
/** The dashboard's too, and here also beside the database. */
const urlOption = [
  "--url <url>",
  "how browsers reach the dashboard (default: the running stack's); with TERA_ADMIN_TOKEN set, its Admin API makes the link",
] as const;

export function registerAdmin(program: Command, context: CommandContext): void {
  const admin = program.command("admin").description("let people and scripts into the dashboard");
  admin.addHelpText(
    "after",
    `
Examples:
  tera admin invite                              a link for one more owner
  tera admin invite --role viewer --email a@b.c  for somebody who may look
  tera admin password-link a@b.c                 for who has lost the password
`,
  );

  admin
    .command("invite")
    .description("make a link that lets one person in, once; it is printed on stdout")
    .addOption(new Option("--role <role>", roleHelp).choices(roles).default("owner"))
    .option("--email <address>", "only for this address; by default whoever opens it says who they are")
    .option(...accountOption)
    .option(...urlOption)
    .option(...jsonOption)
    .option(...dataDirOption)
    .action(async (given: unknown) => invite(inviteOptions.parse(given), context));

  admin
    .command("password-link")
    .description("make a link by which a member sets a new password; old sessions end then")
    .argument("<email>", "the address that the member signs in with")
    .option(...urlOption)
    .option(...jsonOption)
    .option(...dataDirOption)
    .action(async (email: string, given: unknown) =>
      makePasswordLink(email, passwordLinkOptions.parse(given), context),
    );

  admin
    .command("members")
    .description("list who may sign in, and as what")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .action(async (given: unknown) => listMembers(listOptions.parse(given), context));

  admin
    .command("token")
    .description("make a token for scripts that use the Admin API; it is printed on stdout, once")
    .requiredOption("--name <name>", "what to call it in lists and in the audit log")
    .addOption(new Option("--role <role>", roleHelp).choices(roles).default("viewer"))
    .option(...accountOption)
    .option("--expires <time>", "for example 30d, or 2027-01-31 (default: never)")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .action(async (given: unknown) => createToken(tokenOptions.parse(given), context));
}
