/** `tera credit`: what accounts have, and money that comes and goes other than by usage. */
import { type Command, InvalidArgumentError } from "commander";
import { countArgument, urlArgument } from "./arguments.ts";
import { adminUrlOption, type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { autoTopUpOptions, checkoutOptions, createCheckout, setAutoTopUp } from "./credit/checkout.ts";
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
    const move = credit
      .command(kind)
      .description(description)
      .argument("<account>", "its id: acct_...")
      .argument("<usd>", amount)
      .requiredOption("--reason <text>", "why; the ledger keeps it")
      .option("--reference <text>", "what it answers to; booked once, however often it is reported")
      .option(...jsonOption)
      .option(...dataDirOption)
      .option(...adminUrlOption)
      .addHelpText("after", `\nExamples:\n  ${example}\n`)
      .action(async (accountId: string, usd: string, given: unknown) =>
        moveCredit(kind, accountId, usd, moveOptions.parse(given), context),
      );
    if (kind !== "add") move.option("--yes", "do not ask before credit is taken");
  }

  credit
    .command("show")
    .description("show an account's balance, what gateways hold of it, and what is available")
    .argument("<account>", "its id: acct_...")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
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
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera credit ledger acct_4f8Zs0aBcDeFgHiJ\n  tera credit ledger acct_4f8Zs0aBcDeFgHiJ --before 120 --json\n",
    )
    .action(async (accountId: string, given: unknown) => listLedger(accountId, ledgerOptions.parse(given), context));

  registerPayments(credit, context);
}

/** Payments by Stripe. */
function registerPayments(credit: Command, context: CommandContext): void {
  credit
    .command("checkout")
    .description("print the address of a page where an account is topped up by card (needs Stripe)")
    .argument("<account>", "its id: acct_...")
    .argument("<usd>", "how much, in USD")
    .option("--return-url <url>", "where the customer goes afterwards (needed beside the database)", urlArgument)
    .option("--save-method", "keep the card, for automatic top-ups")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera credit checkout acct_4f8Zs0aBcDeFgHiJ 25 --return-url https://console.example.com/\n",
    )
    .action(async (accountId: string, usd: string, given: unknown) =>
      createCheckout(accountId, usd, checkoutOptions.parse(given), context),
    );

  credit
    .command("auto-top-up")
    .description("show or set what is charged by itself when a prepaid account runs low (needs Stripe)")
    .argument("<account>", "its id: acct_...")
    .option("--below <usd>", "charge when the balance falls below this")
    .option("--amount <usd>", "how much is charged")
    .option("--day-max <usd>", "no more than this on one day (default: --amount)")
    .option("--off", "charge nothing any more")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera credit auto-top-up acct_4f8Zs0aBcDeFgHiJ --below 5 --amount 25 --day-max 100\n",
    )
    .action(async (accountId: string, given: unknown) =>
      setAutoTopUp(accountId, autoTopUpOptions.parse(given), context),
    );
}

function numberArgument(text: string): bigint {
  if (!/^\d{1,18}$/.test(text))
    throw new InvalidArgumentError("It must be the number of a transaction, as `tera credit ledger` shows it.");
  return BigInt(text);
}
