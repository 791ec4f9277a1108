/** `tera invoices list` and `show`. */
import { z } from "zod";
import type { CommandInvoice } from "../../stack/command-invoices.ts";
import { findInstallation } from "../../stack/find-stack.ts";
import { withInvoices } from "../../stack/with-invoices.ts";
import { renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { dollars } from "../credit/money-text.ts";
import { formatMoment } from "../moment.ts";
import { noInvoice, readMonth, toInvoiceJson } from "./invoice-text.ts";

export const listInvoicesOptions = z.object({
  account: z.string().optional(),
  month: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});
export const showInvoiceOptions = z.object({
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

/** A list longer than this is cut, and says so. */
const listMax = 1_000;

export async function listInvoices(
  options: z.infer<typeof listInvoicesOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const month = readMonth(options.month, metering);
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const listed = await withInvoices(stack, context, (invoices) =>
    invoices.list({ accountId: options.account, month, limit: listMax }),
  );
  if (options.json) {
    terminal.print(JSON.stringify(listed.map((each) => toInvoiceJson(each, metering))));
    return;
  }
  if (listed.length === 0) {
    terminal.note("There is none yet. What is due is issued by: tera invoices run");
    return;
  }
  const { formatUsd } = metering;
  const table = renderTable<CommandInvoice>(
    [
      { header: "NUMBER", value: ({ number }) => number },
      { header: "KIND", value: ({ kind }) => (kind === "invoice" ? "invoice" : "credit note") },
      { header: "MONTH", value: ({ month }) => month },
      { header: "BUYER", value: ({ buyer }) => buyer.name, widthMin: 12 },
      { header: "TOTAL", value: ({ totalNano }) => dollars(formatUsd(totalNano)) },
      { header: "OPEN", value: ({ kind, openNano }) => (kind === "invoice" ? `$${formatUsd(openNano)}` : "") },
      { header: "STATUS", value: ({ status, refersTo }) => status ?? `on ${refersTo}` },
    ],
    listed,
    terminal.columns,
  );
  terminal.print(table);
  if (listed.length === listMax)
    terminal.note(`Only the newest ${listMax} are shown: narrow it with --account or --month.`);
}

export async function showInvoice(
  number: string,
  options: z.infer<typeof showInvoiceOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const found = await withInvoices(stack, context, (invoices) => invoices.find(number));
  if (found === undefined) throw noInvoice(number);
  const { lines } = found;
  if (found.hasMoreLines) terminal.note(`It has more lines: tera invoices csv ${number}`);
  if (options.json) {
    terminal.print(JSON.stringify({ ...toInvoiceJson(found, metering), lines }));
    return;
  }
  const { formatUsd } = metering;
  const isNote = found.kind === "credit_note";
  const about = isNote ? `Credit note ${number} on ${found.refersTo}` : `Invoice ${number}, ${found.status}`;
  terminal.print(`${about}, for ${found.buyer.name} (${found.accountId}), ${found.month}.`);
  terminal.print(`Issued ${formatMoment(found.issuedAt)}${isNote ? "" : `, due ${formatMoment(found.dueAt)}`}.`);
  terminal.print(
    renderTable<(typeof lines)[number]>(
      [
        { header: "WHAT", value: ({ model, description, kind }) => model ?? description ?? kind, widthMin: 16 },
        { header: "KEY", value: ({ keyName, keyId }) => keyName ?? keyId ?? "", widthMin: 8 },
        {
          header: "MEASURE",
          value: ({ measure, model, description }) => measure ?? (model === null ? "" : (description ?? "")),
        },
        { header: "QUANTITY", value: ({ quantity }) => quantity ?? "" },
        { header: "UNIT", value: ({ unit }) => (unit === null ? "" : `$${unit}`) },
        { header: "AMOUNT", value: ({ amount }) => dollars(amount) },
      ],
      lines,
      terminal.columns,
    ),
  );
  const sums: [string, bigint][] = [
    ["Sum of lines", found.exactNano],
    ["Rounding", found.roundingNano],
    ["Tax", found.taxNano],
    ["Total", found.totalNano],
  ];
  if (!isNote) sums.push(["Paid", found.paidNano], ["Credited", found.creditedNano], ["Open", found.openNano]);
  terminal.print(sums.map(([name, nano]) => `${name.padEnd(13)}$${formatUsd(nano)}`).join("\n"));
}
