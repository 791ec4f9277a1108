/** `tera credit`: what accounts have, and money that comes and goes other than by usage. */
import { type Command, InvalidArgumentError } from "commander";
import { countArgument } from "./arguments.ts";
import { type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { type MoveKind, moveCredit, moveOptions } from "./credit/move-credit.ts";
import { ledgerOptions, listLedger, showCredit, showCreditOptions } from "./credit/show-credit.ts";

const moves: { kind: MoveKind; description: string; amount: string; example: string }[] = [
  {
    kind: "add",
    description: "book a payment that came in",
    amount: "how much, in USD",
    example: 'tera credit add acct_4f8Zs0aBcDeFgHiJ 100 --reason "bank transfer" --reference "2026-11-23/17"',
  },
  {
    kind: "refund",
    description: "book money that is paid back to the customer",
    amount: "how much, in USD",
    example: 'tera credit refund acct_4f8Zs0aBcDeFgHiJ 12.50 --reason "account closed"',
  },
  {
    kind: "adjust",
    description: "give or take credit by hand: a gift, or a correction",
    amount: "how much, in USD; negative takes it away (after --: `-- -5`)",
    example: 'tera credit adjust acct_4f8Zs0aBcDeFgHiJ 5 --reason "welcome"',
  },
];

export function registerCredit(program: Command, context: CommandContext): void {
  const credit = program.command("credit").description("show and move the credit of accounts");
  credit.addHelpText(
    "after",
    `
Examples:
  tera credit add acct_4f8Zs0aBcDeFgHiJ 100 --reason "bank transfer"
  tera credit show acct_4f8Zs0aBcDeFgHiJ
  tera credit ledger acct_4f8Zs0aBcDeFgHiJ
`,
  );

  for (const { kind, description, amount, example } of moves) {
    credit
      .command(kind)
      .description(description)
      .argument("<account>", "its id: acct_...")
      .argument("<usd>", amount)
      .requiredOption("--reason <text>", "why; the ledger keeps it")
      .option("--reference <text>", "what it answers to; booked once, however often it is reported")
      .option("--yes", "do not ask before money leaves the account")
      .option(...jsonOption)
      .option(...dataDirOption)
      .addHelpText("after", `\nExamples:\n  ${example}\n`)
      .action(async (accountId: string, usd: string, given: unknown) =>
        moveCredit(kind, accountId, usd, moveOptions.parse(given), context),
      );
  }

  credit
    .command("show")
    .description("show an account's balance, what gateways hold of it, and what is available")
    .argument("<account>", "its id: acct_...")
    .option(...jsonOption)
    .option(...dataDirOption)
    .addHelpText("after", "\nExamples:\n  tera credit show acct_4f8Zs0aBcDeFgHiJ\n")
    .action(async (accountId: string, given: unknown) =>
      showCredit(accountId, showCreditOptions.parse(given), context),
    );

  credit
    .command("ledger")
    .description("list an account's ledger, newest first: charges, payments, corrections")
    .argument("<account>", "its id: acct_...")
    .option("--limit <count>", "how many transactions", countArgument, 50)
    .option("--before <number>", "only those before this one, for the next page", numberArgument)
    .option(...jsonOption)
    .option(...dataDirOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera credit ledger acct_4f8Zs0aBcDeFgHiJ\n  tera credit ledger acct_4f8Zs0aBcDeFgHiJ --before 120 --json\n",
    )
    .action(async (accountId: string, given: unknown) => listLedger(accountId, ledgerOptions.parse(given), context));
}

function numberArgument(text: string): bigint {
  if (!/^\d{1,18}$/.test(text))
    throw new InvalidArgumentError("It must be the number of a transaction, as `tera credit ledger` shows it.");
  return BigInt(text);
}
