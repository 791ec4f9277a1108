/** `tera invoices run`: what the gateways do by themselves after each month, by hand. */
import type { InvoiceDraft } from "@tera/metering";
import { z } from "zod";
import { findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { renderTable } from "../../terminal/table.ts";
import { authorOf } from "../author.ts";
import type { CommandContext } from "../context.ts";
import { findAccount } from "../find-account.ts";
import { readMonth, statementTimeoutMs, toInvoiceJson, toLineJson } from "./invoice-text.ts";

export const runInvoicesOptions = z.object({
  month: z.string().optional(),
  account: z.string().optional(),
  dryRun: z.boolean().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
});

export async function runInvoices(options: z.infer<typeof runInvoicesOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const { formatUsd } = metering;
  const month = readMonth(options.month, metering);
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const report = await withDatabase(
    stack,
    async (db) => {
      if (options.account !== undefined) await findAccount(db, options.account);
      try {
        const made = await metering.runInvoices(db, {
          month,
          accountId: options.account,
          author: authorOf(context.environment),
          dryRun: options.dryRun,
        });
        if (options.account === undefined || made.accounts > 0) return made;
        throw new CliError(
          `${options.account} is prepaid: it gets no invoice. \`tera invoices statement ${options.account}\` says what it used.`,
        );
      } catch (error) {
        if (error instanceof metering.InvoiceRunRefusedError) throw new CliError(error.message, { cause: error });
        throw error;
      }
    },
    statementTimeoutMs,
  );
  if (options.json) {
    terminal.print(
      JSON.stringify({
        month: report.month,
        accounts: report.accounts,
        dryRun: options.dryRun === true,
        issued: report.issued.map((each) => toInvoiceJson(each, metering)),
        drafts: report.drafts.map(({ accountId, month, lines, exactNano, roundingNano, taxNano, totalNano }) => ({
          accountId,
          month,
          exact: formatUsd(exactNano),
          rounding: formatUsd(roundingNano),
          tax: formatUsd(taxNano),
          total: formatUsd(totalNano),
          lines: lines.map((line) => toLineJson(line, metering)),
        })),
        failed: report.failed,
      }),
    );
  } else {
    for (const { number, accountId, month, totalNano } of report.issued) {
      terminal.print(`Issued ${number} to ${accountId} for ${month}: $${formatUsd(totalNano)}.`);
    }
    if (report.drafts.length > 0) {
      terminal.print(
        renderTable<InvoiceDraft>(
          [
            { header: "ACCOUNT", value: ({ accountId }) => accountId },
            { header: "MONTH", value: ({ month }) => month },
            { header: "LINES", value: ({ lines }) => String(lines.length) },
            { header: "TAX", value: ({ taxNano }) => `$${formatUsd(taxNano)}` },
            { header: "TOTAL", value: ({ totalNano }) => `$${formatUsd(totalNano)}` },
          ],
          report.drafts,
          terminal.columns,
        ),
      );
    }
    const count = report.issued.length + report.drafts.length;
    const what = options.dryRun ? "would be issued" : "were issued";
    terminal.note(
      `${count} of ${report.accounts} postpaid accounts: ${count === 1 ? "1 invoice" : `${count} invoices`} ${what}, up to ${report.month}.`,
    );
  }
  for (const { accountId, month, reason } of report.failed) {
    terminal.note(`${accountId}, ${month}: no invoice. ${reason} \`tera doctor --ledger\` tells more.`);
  }
  if (report.failed.length > 0) context.setExitCode(1);
}
