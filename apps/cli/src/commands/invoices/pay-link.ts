/** `tera invoices pay-link`: a page of Stripe's where an invoice is paid. */
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withInvoices } from "../../stack/with-invoices.ts";
import type { CommandContext } from "../context.ts";
import { noInvoice } from "./invoice-text.ts";

export const payLinkOptions = z.object({
  returnUrl: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function printPayLink(
  number: string,
  options: z.infer<typeof payLinkOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const { formatUsd } = await import("@tera/metering");
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const page = await withInvoices(stack, context, (invoices) => invoices.payLink(number, options.returnUrl));
  if (page === undefined) throw noInvoice(number);
  const { id, url, accountId } = page;
  const amount = formatUsd(page.amountNano);
  if (options.json) {
    terminal.print(JSON.stringify({ number, accountId, amount, id, url }));
    return;
  }
  terminal.note(`Whoever pays $${amount} on this page pays invoice ${number} of ${accountId}:`);
  terminal.print(url);
}
