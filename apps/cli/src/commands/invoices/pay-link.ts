/** `tera invoices pay-link`: a page of Stripe's where an invoice is paid. */
import { z } from "zod";
import { findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import type { CommandContext } from "../context.ts";
import { askStripe, readStripe } from "../stripe.ts";
import { noInvoice } from "./invoice-text.ts";

export const payLinkOptions = z.object({
  returnUrl: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
});

const centNano = 10_000_000n;

export async function printPayLink(
  number: string,
  options: z.infer<typeof payLinkOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const { createInvoiceStore, formatUsd } = await import("@tera/metering");
  const stripe = readStripe(context);
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const found = await withDatabase(stack, (db) => createInvoiceStore({ db }).find(number));
  if (found === undefined || found.kind !== "invoice") throw noInvoice(number);
  if (found.openNano === 0n) throw new CliError(`Invoice ${number} is not open: there is nothing to pay.`);
  // What was paid of it may be less than cents; what is paid beyond it is credit.
  const amountNano = ((found.openNano + centNano - 1n) / centNano) * centNano;
  const { accountId } = found;
  const { returnUrl } = options;
  const { id, url } = await askStripe(stripe, (provider) =>
    provider.createInvoiceLink({ accountId, invoiceNumber: number, amountNano, returnUrl }),
  );
  const amount = formatUsd(amountNano);
  if (options.json) {
    terminal.print(JSON.stringify({ number, accountId, amount, id, url }));
    return;
  }
  terminal.note(`Whoever pays $${amount} on this page pays invoice ${number} of ${accountId}:`);
  terminal.print(url);
}
