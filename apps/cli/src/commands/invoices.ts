/** `tera invoices`: what postpaid accounts are asked to pay, credit notes and payments of it, statements, and who sells and buys. */
import type { Command } from "commander";
import { urlArgument } from "./arguments.ts";
import { adminUrlOption, type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { exportCsv, exportOptions, exportPdf, exportStatement, statementOptions } from "./invoices/export-invoice.ts";
import { listInvoices, listInvoicesOptions, showInvoice, showInvoiceOptions } from "./invoices/list-invoices.ts";
import { payLinkOptions, printPayLink } from "./invoices/pay-link.ts";
import { runInvoices, runInvoicesOptions } from "./invoices/run-invoices.ts";
import { buyerOptions, sellerOptions, setBuyer, setSeller } from "./invoices/set-party.ts";
import { creditNoteOptions, issueCreditNote, payInvoice, payOptions } from "./invoices/settle-invoice.ts";

export function registerInvoices(program: Command, context: CommandContext): void {
  const invoices = program.command("invoices").description("invoices of postpaid accounts, and statements of all");
  invoices.addHelpText(
    "after",
    `
Gateways issue the invoices of a month by themselves, soon after it is over (UTC).

Examples:
  tera invoices seller --name "Terawatt GmbH" --tax-id DE123456789 --tax-rate 19%
  tera invoices run --month 2026-11 --dry-run
  tera invoices pdf 2026-000123 -o invoice.pdf
`,
  );

  invoices
    .command("list")
    .description("list invoices and credit notes, newest first")
    .option("--account <id>", "only this account's")
    .option("--month <month>", "only of this month (2026-11)")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera invoices list --month 2026-11\n  tera invoices list --json\n")
    .action(async (given: unknown) => listInvoices(listInvoicesOptions.parse(given), context));

  invoices
    .command("show")
    .description("show one with its lines, and what was paid")
    .argument("<number>", "as `tera invoices list` shows it: 2026-000123")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera invoices show 2026-000123\n")
    .action(async (number: string, given: unknown) => showInvoice(number, showInvoiceOptions.parse(given), context));

  invoices
    .command("run")
    .description("issue every invoice that is due; repeated, it issues nothing twice")
    .option("--month <month>", "up to and with this month (default: the last that is over)")
    .option("--account <id>", "only this account's")
    .option("--dry-run", "work out what would be issued, and issue nothing")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera invoices run --dry-run\n  tera invoices run --month 2026-11\n")
    .action(async (given: unknown) => runInvoices(runInvoicesOptions.parse(given), context));

  invoices
    .command("pdf")
    .description("write an invoice or a credit note as PDF")
    .argument("<number>", "2026-000123")
    .option("-o, --output <file>", "where to (default: <number>.pdf)")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera invoices pdf 2026-000123 -o invoice.pdf\n")
    .action(async (number: string, given: unknown) => exportPdf(number, exportOptions.parse(given), context));

  invoices
    .command("csv")
    .description("write an invoice or a credit note as CSV, with exact amounts")
    .argument("<number>", "2026-000123")
    .option("-o, --output <file>", "where to (default: stdout)")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera invoices csv 2026-000123 > invoice.csv\n")
    .action(async (number: string, given: unknown) => exportCsv(number, exportOptions.parse(given), context));

  invoices
    .command("statement")
    .description("an account's month: opening balance, payments, usage, closing balance")
    .argument("<account>", "its id")
    .option("--month <month>", "which (default: the last that is over)")
    .option("-o, --output <file>", "write it there, as PDF or CSV by the name's ending (default: CSV to stdout)")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera invoices statement acct_4f8Zs0aBcDeFgHiJ --month 2026-11 -o november.pdf\n",
    )
    .action(async (account: string, given: unknown) =>
      exportStatement(account, statementOptions.parse(given), context),
    );

  invoices
    .command("credit-note")
    .description("take back an invoice, or a part of it; what was paid becomes the account's credit")
    .argument("<number>", "the invoice's: 2026-000123")
    .requiredOption("--reason <text>", "why; the credit note says it")
    .option("--amount <usd>", "how much, tax included (default: all that is left of it)")
    .option("--yes", "do not ask")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      '\nExamples:\n  tera invoices credit-note 2026-000123 --amount 12.50 --reason "outage on 3 November"\n',
    )
    .action(async (number: string, given: unknown) => issueCreditNote(number, creditNoteOptions.parse(given), context));

  invoices
    .command("pay")
    .description("book a payment of an invoice; what is paid beyond it becomes credit")
    .argument("<number>", "the invoice's: 2026-000123")
    .argument("<usd>", "what was paid")
    .requiredOption("--reference <text>", "of the payment; one that was booked before is not booked again")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera invoices pay 2026-000123 119.00 --reference bank-2026-12-07-4711\n")
    .action(async (number: string, usd: string, given: unknown) =>
      payInvoice(number, usd, payOptions.parse(given), context),
    );

  invoices
    .command("pay-link")
    .description("print the address of a page where an invoice is paid by card, once (needs Stripe)")
    .argument("<number>", "the invoice's: 2026-000123")
    .option("--return-url <url>", "where the customer goes afterwards (beside the database only)", urlArgument)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
The page asks for what is open now. Once it is paid, the gateways hear of it from
Stripe and book it on the invoice.

Examples:
  tera invoices pay-link 2026-000123
  tera invoices pay-link 2026-000123 --return-url https://console.example.com/
`,
    )
    .action(async (number: string, given: unknown) => printPayLink(number, payLinkOptions.parse(given), context));

  invoices
    .command("seller")
    .description("show or set who sells: what invoices are issued in the name of")
    .option("--name <name>", "of the company or person")
    .option("--address <text>", "its lines separated by \\n")
    .option("--tax-id <id>", "VAT number or the like")
    .option("--email <address>", "for questions about invoices")
    .option("--payment-note <text>", "how to pay, printed on every invoice")
    .option("--tax-rate <percent>", "on every invoice, such as 19%")
    .option("--due-days <days>", "until an invoice must be paid")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      '\nExamples:\n  tera invoices seller\n  tera invoices seller --name "Terawatt GmbH" --address "Straße 1\\n10115 Berlin" --tax-rate 19%\n',
    )
    .action(async (given: unknown) => setSeller(sellerOptions.parse(given), context));

  invoices
    .command("buyer")
    .description("show or set what invoices and statements say of an account, and when it has too little")
    .argument("<account>", "its id")
    .option("--name <name>", "(default: the account's)")
    .option("--address <text>", "its lines separated by \\n")
    .option("--tax-id <id>", "VAT number or the like")
    .option("--email <address>", "printed only; nothing is sent to it")
    .option("--tax-rate <percent>", "instead of the seller's; `default` for the seller's")
    .option("--low-balance <usd>", "send a notice when the balance falls below; `none` for no notice")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      '\nExamples:\n  tera invoices buyer acct_4f8Zs0aBcDeFgHiJ --name "Łódź Research" --tax-rate 0%\n',
    )
    .action(async (account: string, given: unknown) => setBuyer(account, buyerOptions.parse(given), context));
}
