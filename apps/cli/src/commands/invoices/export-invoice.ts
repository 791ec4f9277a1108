/** `tera invoices pdf`, `csv` and `statement`: documents, written to a file or to stdout. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import type { CommandContext } from "../context.ts";
import { findAccount } from "../find-account.ts";
import { noInvoice, readMonth, statementTimeoutMs, toLineJson } from "./invoice-text.ts";

export const exportOptions = z.object({
  output: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
});
export const statementOptions = exportOptions.extend({ month: z.string().optional() });
type ExportOptions = z.infer<typeof exportOptions>;

export async function exportPdf(number: string, options: ExportOptions, context: CommandContext): Promise<void> {
  const { metering, invoice, seller } = await readInvoice(number, options, context);
  const pdf = await metering.renderInvoicePdf(invoice, seller?.paymentNote ?? null);
  await writeDocument(options.output ?? `${number}.pdf`, pdf, options, context);
}

export async function exportCsv(number: string, options: ExportOptions, context: CommandContext): Promise<void> {
  const { metering, invoice } = await readInvoice(number, options, context);
  const csv = metering.renderInvoiceCsv(invoice);
  if (options.output !== undefined) await writeDocument(options.output, csv, options, context);
  else context.terminal.print(options.json ? JSON.stringify({ csv }) : csv.trimEnd());
}

export async function exportStatement(
  accountId: string,
  options: z.infer<typeof statementOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const { formatUsd } = metering;
  const month = readMonth(options.month, metering) ?? metering.lastMonth(new Date());
  const output = options.output;
  if (output !== undefined && !/\.(?:pdf|csv)$/i.test(output))
    throw new CliError("--output must end with .pdf or .csv.");
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const statement = await withDatabase(
    stack,
    async (db) => {
      await findAccount(db, accountId);
      return metering.readStatement(db, { accountId, month }).catch((error: unknown) => {
        if (!(error instanceof metering.ChargesDisagreeError)) throw error;
        const advice = error instanceof metering.UsageDroppedError ? "" : " `tera doctor --ledger` tells more.";
        throw new CliError(`There is no statement of ${month}. ${error.message}${advice}`, { cause: error });
      });
    },
    statementTimeoutMs,
  );
  if (statement === undefined) throw new CliError(`There is no account ${accountId}.`);
  if (output !== undefined) {
    const isPdf = output.toLowerCase().endsWith(".pdf");
    const content = isPdf ? await metering.renderStatementPdf(statement) : metering.renderStatementCsv(statement);
    await writeDocument(output, content, options, context);
    return;
  }
  if (!options.json) {
    terminal.print(metering.renderStatementCsv(statement).trimEnd());
    return;
  }
  terminal.print(
    JSON.stringify({
      accountId,
      month,
      opening: formatUsd(statement.openingNano),
      movements: statement.movements.map(({ kind, at, reason, amountNano }) => ({
        kind,
        at: at.toISOString(),
        reason,
        amount: formatUsd(amountNano),
      })),
      usage: statement.usage.map((line) => toLineJson(line, metering)),
      closing: formatUsd(statement.closingNano),
    }),
  );
}

async function readInvoice(number: string, { dataDir }: ExportOptions, context: CommandContext) {
  const metering = await import("@tera/metering");
  const stack = await findStack({ ...context, dataDir });
  return withDatabase(stack, async (db) => {
    const invoice = await metering.createInvoiceStore({ db }).find(number);
    if (invoice === undefined) throw noInvoice(number);
    return { metering, invoice, seller: await metering.createPartyStore({ db }).seller() };
  });
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
