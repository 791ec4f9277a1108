/** `tera accounts`: who is charged. Keys, usage and credit hang on an account. */
import { type Command, Option } from "commander";
import {
  accountKinds,
  createAccount,
  createOptions,
  setAccount,
  setOptions,
  switchAccount,
  switchOptions,
} from "./accounts/change-account.ts";
import { listAccounts, readOptions, showAccount } from "./accounts/read-accounts.ts";
import { nameArgument } from "./arguments.ts";
import { adminUrlOption, type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { addLimitOptions } from "./limit-options.ts";

const accountIdArgument = ["<account-id>", "as `tera accounts list` shows it: acct_..."] as const;
const kindHelp = "prepaid: stops when its credit is used up; postpaid: gets an invoice every month";

export function registerAccounts(program: Command, context: CommandContext): void {
  const accounts = program.command("accounts").description("create, list and change the accounts that are charged");
  accounts.addHelpText(
    "after",
    `
Examples:
  tera accounts create --name "Acme" --kind prepaid
  tera accounts list
  tera accounts show acct_4f8Zs0aBcDeFgHiJ
  tera accounts disable acct_4f8Zs0aBcDeFgHiJ
`,
  );

  addLimitOptions(
    accounts
      .command("create")
      .description("make an account; its id is printed on stdout")
      .requiredOption("--name <name>", "what to call it in lists and on invoices", nameArgument)
      .addOption(new Option("--kind <kind>", kindHelp).choices(accountKinds).default("postpaid")),
  )
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
Amounts are in USD. Where a model has no price, nothing is ever charged for it.

Examples:
  tera accounts create --name "Acme" --kind prepaid
  tera keys create --name app --account $(tera accounts create --name "Acme")
`,
    )
    .action(async (given: unknown) => createAccount(createOptions.parse(given), context));

  accounts
    .command("list")
    .description("list the accounts with what they have, oldest first")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera accounts list\n  tera accounts list --json | jq -r '.[].id'\n")
    .action(async (given: unknown) => listAccounts(readOptions.parse(given), context));

  accounts
    .command("show")
    .description("show an account's balance, what lies in leases, its keys, and what it has spent")
    .argument(...accountIdArgument)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera accounts show acct_4f8Zs0aBcDeFgHiJ\n  tera accounts show acct_4f8Zs0aBcDeFgHiJ --json | jq -r .availableUsd\n",
    )
    .action(async (accountId: string, given: unknown) => showAccount(accountId, readOptions.parse(given), context));

  addLimitOptions(
    accounts
      .command("set")
      .description("change an account; in effect everywhere within a second")
      .argument(...accountIdArgument)
      .option("--name <name>", "what to call it in lists and on invoices", nameArgument)
      .addOption(new Option("--kind <kind>", kindHelp).choices(accountKinds)),
  )
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
What is not named stays as it was. Limits are those of all keys of the account
together, beside the limits of each key.

Examples:
  tera accounts set acct_4f8Zs0aBcDeFgHiJ --kind postpaid
  tera accounts set acct_4f8Zs0aBcDeFgHiJ --concurrency 64
`,
    )
    .action(async (accountId: string, given: unknown) => setAccount(accountId, setOptions.parse(given), context));

  for (const [command, to, description] of [
    ["disable", "disabled", "refuse all keys of an account until it is enabled; what is under way goes on"],
    ["enable", "enabled", "let the keys of a disabled account in again"],
  ] as const) {
    accounts
      .command(command)
      .description(description)
      .argument(...accountIdArgument)
      .option(...jsonOption)
      .option(...dataDirOption)
      .option(...adminUrlOption)
      .addHelpText("after", `\nExamples:\n  tera accounts ${command} acct_4f8Zs0aBcDeFgHiJ\n`)
      .action(async (accountId: string, given: unknown) =>
        switchAccount(accountId, to, switchOptions.parse(given), context),
      );
  }
}
