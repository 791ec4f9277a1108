/** `tera invoices pdf`, `csv` and `statement`: documents, written to a file or to stdout. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import type { DocumentKind } from "../../stack/command-invoices.ts";
import { findInstallation } from "../../stack/find-stack.ts";
import { withInvoices } from "../../stack/with-invoices.ts";
import { CliError } from "../../terminal/cli-error.ts";
import type { CommandContext } from "../context.ts";
import { requireAccount } from "../find-account.ts";
import { noInvoice, readMonth } from "./invoice-text.ts";

export const exportOptions = z.object({
  output: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});
export const statementOptions = exportOptions.extend({ month: z.string().optional() });
type ExportOptions = z.infer<typeof exportOptions>;

export async function exportPdf(number: string, options: ExportOptions, context: CommandContext): Promise<void> {
  const pdf = await renderInvoice(number, "pdf", options, context);
  await writeDocument(options.output ?? `${number}.pdf`, pdf, options, context);
}

export async function exportCsv(number: string, options: ExportOptions, context: CommandContext): Promise<void> {
  const csv = await renderInvoice(number, "csv", options, context);
  if (options.output !== undefined) await writeDocument(options.output, csv, options, context);
  else context.terminal.print(options.json ? JSON.stringify({ csv: toText(csv) }) : toText(csv).trimEnd());
}

export async function exportStatement(
  accountId: string,
  options: z.infer<typeof statementOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const month = readMonth(options.month, metering) ?? metering.lastMonth(new Date());
  const { output, json } = options;
  if (output !== undefined && !/\.(?:pdf|csv)$/i.test(output))
    throw new CliError("--output must end with .pdf or .csv.");
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  await withInvoices(stack, context, async (invoices, accounts) => {
    await requireAccount(accounts, accountId);
    if (output === undefined && json) {
      const statement = await invoices.readStatement(accountId, month);
      if (statement === undefined) throw noAccount(accountId);
      const { hasMoreLines, ...shown } = statement;
      terminal.print(JSON.stringify(shown));
      if (hasMoreLines) terminal.note("It has more lines: --output statement.csv writes them all.");
      return;
    }
    const kind = output?.toLowerCase().endsWith(".pdf") ? "pdf" : "csv";
    const content = await invoices.renderStatement(accountId, month, kind);
    if (content === undefined) throw noAccount(accountId);
    if (output === undefined) terminal.print(toText(content).trimEnd());
    else await writeDocument(output, content, options, context);
  });
}

async function renderInvoice(
  number: string,
  kind: DocumentKind,
  { dataDir, url }: ExportOptions,
  context: CommandContext,
): Promise<Uint8Array | string> {
  const stack = await findInstallation({ ...context, dataDir, url });
  const content = await withInvoices(stack, context, (invoices) => invoices.renderInvoice(number, kind));
  if (content === undefined) throw noInvoice(number);
  return content;
}

function toText(content: Uint8Array | string): string {
  return typeof content === "string" ? content : new TextDecoder().decode(content);
}

function noAccount(accountId: string): CliError {
  return new CliError(`There is no account ${accountId}.`);
}

async function writeDocument(
  output: string,
  content: Uint8Array | string,
  { json }: ExportOptions,
  { terminal, cwd }: CommandContext,
): Promise<void> {
  const path = resolve(cwd, output);
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new CliError(`${output} cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (json) terminal.print(JSON.stringify({ path }));
  else terminal.note(`Wrote ${path}`);
}
