/** `tera invoices credit-note` and `pay`: what becomes of an invoice after it was issued. */
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withInvoices } from "../../stack/with-invoices.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { authorOf } from "../author.ts";
import { confirm } from "../confirm.ts";
import type { CommandContext } from "../context.ts";
import { noInvoice, readUsd, toInvoiceJson } from "./invoice-text.ts";

export const creditNoteOptions = z.object({
  reason: z.string().trim().min(1).max(500),
  amount: z.string().optional(),
  yes: z.boolean().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});
export const payOptions = z.object({
  reference: z.string().trim().min(1).max(200),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function issueCreditNote(
  number: string,
  options: z.infer<typeof creditNoteOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const { formatUsd } = metering;
  const amountNano = options.amount === undefined ? undefined : readUsd("--amount", options.amount, metering);
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  if (!options.yes) {
    const what = options.amount === undefined ? "All that is left" : `$${options.amount}`;
    await confirm(terminal, `${what} of invoice ${number} is taken back, for good. Issue the credit note?`);
  }
  const result = await withInvoices(stack, context, (invoices) =>
    invoices.issueCreditNote({ number, amountNano, reason: options.reason, author: authorOf(context.environment) }),
  );
  if (result.outcome === "no_invoice") throw noInvoice(number);
  if (result.outcome === "credited_meanwhile") throw new CliError("Another credit note was issued meanwhile.");
  if (result.outcome === "not_cents") throw new CliError("--amount must be whole cents.");
  if (result.outcome === "too_much") {
    throw new CliError(
      result.creditableNano === 0n
        ? `All of invoice ${number} was taken back before.`
        : `Of invoice ${number}, $${formatUsd(result.creditableNano)} can still be taken back.`,
    );
  }
  const { creditNote } = result;
  if (options.json) terminal.print(JSON.stringify(toInvoiceJson(creditNote, metering)));
  else terminal.print(`Issued credit note ${creditNote.number} on ${number}: $${formatUsd(creditNote.totalNano)}.`);
}

export async function payInvoice(
  number: string,
  usd: string,
  options: z.infer<typeof payOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const { formatUsd } = metering;
  const amountNano = readUsd("<usd>", usd, metering);
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const result = await withInvoices(stack, context, (invoices) =>
    invoices.pay({
      number,
      amountNano,
      reference: options.reference,
      reason: `Payment of ${number}: ${options.reference}`,
      author: authorOf(context.environment),
    }),
  );
  if (result.outcome === "no_invoice") throw noInvoice(number);
  if (result.outcome === "not_open") {
    throw new CliError(
      `Invoice ${number} is not open: nothing was booked. What comes on top is credit: \`tera credit add\`.`,
    );
  }
  if (result.outcome === "booked_before") {
    terminal.print(
      options.json
        ? JSON.stringify({ number, booked: false })
        : `A payment ${options.reference} was booked before: nothing was done.`,
    );
    return;
  }
  const open = formatUsd(result.openNano);
  const surplus = formatUsd(result.surplusNano);
  if (options.json) {
    terminal.print(JSON.stringify({ number, booked: true, open, surplus }));
    return;
  }
  const beyond = result.surplusNano === 0n ? "" : ` $${surplus} beyond it is the account's credit.`;
  terminal.print(`Booked $${formatUsd(amountNano)} on ${number}: $${open} is open.${beyond}`);
}
