/** `tera invoices run`: what the gateways do by themselves after each month, by hand. */
import { z } from "zod";
import type { CommandDraft } from "../../stack/command-invoices.ts";
import { findInstallation } from "../../stack/find-stack.ts";
import { withInvoices } from "../../stack/with-invoices.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { renderTable } from "../../terminal/table.ts";
import { authorOf } from "../author.ts";
import type { CommandContext } from "../context.ts";
import { requireAccount } from "../find-account.ts";
import { readMonth, toInvoiceJson } from "./invoice-text.ts";

export const runInvoicesOptions = z.object({
  month: z.string().optional(),
  account: z.string().optional(),
  dryRun: z.boolean().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function runInvoices(options: z.infer<typeof runInvoicesOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const { formatUsd } = metering;
  const month = readMonth(options.month, metering);
  const { account: accountId } = options;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const report = await withInvoices(stack, context, async (invoices, accounts) => {
    if (accountId !== undefined) await requireAccount(accounts, accountId);
    const author = authorOf(context.environment);
    return invoices.run({ month, accountId, author, dryRun: options.dryRun === true });
  });
  if (accountId !== undefined && report.accounts === 0) {
    throw new CliError(
      `${accountId} is prepaid: it gets no invoice. \`tera invoices statement ${accountId}\` says what it used.`,
    );
  }
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
          lines,
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
        renderTable<CommandDraft>(
          [
            { header: "ACCOUNT", value: ({ accountId }) => accountId },
            { header: "MONTH", value: ({ month }) => month },
            { header: "LINES", value: ({ lineCount }) => String(lineCount) },
            { header: "TAX", value: ({ taxNano }) => `$${formatUsd(taxNano)}` },
            { header: "TOTAL", value: ({ totalNano }) => `$${formatUsd(totalNano)}` },
          ],
          report.drafts,
          terminal.columns,
        ),
      );
    }
    const { count } = report;
    const what = options.dryRun ? "would be issued" : "were issued";
    terminal.note(
      `${count} of ${report.accounts} postpaid accounts: ${count === 1 ? "1 invoice" : `${count} invoices`} ${what}, up to ${report.month}.`,
    );
  }
  const shown = report.issued.length + report.drafts.length;
  if (shown < report.count)
    terminal.note(`Only the first ${shown} are shown: \`tera invoices list\` has all that were issued.`);
  for (const { accountId, month, reason } of report.failed) {
    terminal.note(`${accountId}, ${month}: no invoice. ${reason} \`tera doctor --ledger\` tells more.`);
  }
  if (report.failed.length > 0) context.setExitCode(1);
}
