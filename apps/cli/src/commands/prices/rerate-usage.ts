/** `tera prices rerate`: what requests should have been charged, and, with `--apply`, the correction of what they were. */
import type { AccountRerating, Correction, ReratingQuery } from "@tera/metering";
import { z } from "zod";
import type { CommandPrices, ReratingLook } from "../../stack/command-prices.ts";
import { findInstallation } from "../../stack/find-stack.ts";
import { withPrices } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { renderTable } from "../../terminal/table.ts";
import { authorOf } from "../author.ts";
import { confirm } from "../confirm.ts";
import type { CommandContext } from "../context.ts";
import { signedUsd } from "../credit/money-text.ts";
import { formatMoment, parsePast } from "../moment.ts";

export const rerateOptions = z.object({
  from: z.string(),
  to: z.string(),
  price: z.string().optional(),
  apply: z.boolean().optional(),
  reason: z.string().optional(),
  yes: z.boolean().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});
type RerateOptions = z.infer<typeof rerateOptions>;

/** A month of a busy model is looked at row by row. */
const statementTimeoutMs = 3_600_000;

export async function rerateUsage(model: string, options: RerateOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const query = readQuery(model, options);
  const { reason } = options;
  if (options.apply && reason === undefined) throw new CliError("--apply needs --reason: it is what the ledger says.");
  const metering = await import("@tera/metering");
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const rerate = async (prices: CommandPrices) => {
    const look = await prices.lookAt(query);
    if (!options.json) printLook(look, query, metering, context);
    const shown = { ...toQueryJson(query), accounts: look.accounts.map((each) => toPreviewJson(each, metering)) };
    if (!options.apply || reason === undefined) {
      if (options.json) terminal.print(JSON.stringify({ ...shown, applied: false }));
      else if (look.changed > 0) terminal.note("Nothing was changed. Add --apply --reason <text> to book it.");
      return;
    }
    if (look.changed > 0 && !options.yes) {
      await confirm(terminal, `Correct ${look.changed} charges of ${look.accountsChanged} accounts?`);
    }
    const author = authorOf(context.environment);
    const { reference, corrections } = await look.book({ author, reason }, ({ accountId, differenceNano }) => {
      if (!options.json) terminal.print(`Booked ${signedUsd(differenceNano, metering)} for ${accountId}.`);
    });
    if (options.json) {
      const booked = corrections.map((each) => toCorrectionJson(each, metering));
      terminal.print(JSON.stringify({ ...shown, applied: true, reference, corrections: booked }));
    }
  };
  await withPrices(stack, rerate, statementTimeoutMs);
}

/** @throws {CliError} */
function readQuery(model: string, options: RerateOptions): ReratingQuery {
  const now = new Date();
  const read = (flag: string, text: string) => {
    const moment = text === "now" ? now : parsePast(text, now);
    if (moment === undefined)
      throw new CliError(
        `${flag} must be a time (2026-11-01, 2026-11-01T12:00Z, now) or how long ago (24h, 7d), and "${text}" is not.`,
      );
    return moment;
  };
  const [from, to] = [read("--from", options.from), read("--to", options.to)];
  if (from >= to) throw new CliError("--from must lie before --to.");
  return { model, from, to, priceId: options.price };
}

type MoneyText = Pick<typeof import("@tera/metering"), "formatUsd">;

function printLook(
  { accounts, changed, accountsChanged, unpriced }: ReratingLook,
  query: ReratingQuery,
  metering: MoneyText,
  { terminal }: CommandContext,
): void {
  const { formatUsd } = metering;
  const period = `from ${formatMoment(query.from)} to ${formatMoment(query.to)}`;
  if (accounts.length === 0) {
    terminal.print(`Nobody used ${query.model} ${period}.`);
    return;
  }
  terminal.print(
    renderTable<AccountRerating>(
      [
        { header: "ACCOUNT", value: ({ accountId }) => accountId },
        { header: "REQUESTS", value: ({ requests }) => String(requests) },
        { header: "CHANGED", value: ({ changed }) => String(changed) },
        { header: "OLD", value: ({ oldNano }) => `$${formatUsd(oldNano)}` },
        { header: "NEW", value: ({ newNano }) => `$${formatUsd(newNano)}` },
        { header: "DIFFERENCE", value: ({ oldNano, newNano }) => signedUsd(newNano - oldNano, metering) },
      ],
      accounts,
      terminal.columns,
    ),
  );
  const shown = accounts.filter((each) => each.changed > 0).length;
  if (shown < accountsChanged) terminal.note(`Only the ${accounts.length} that change most are shown.`);
  if (changed === 0) terminal.print(`No charge changes ${period}.`);
  if (unpriced > 0)
    terminal.note(`${unpriced} requests stay as they are: the price book has no price for their moment.`);
}

function toQueryJson({ model, from, to, priceId }: ReratingQuery) {
  return { model, from: from.toISOString(), to: to.toISOString(), priceId: priceId ?? null };
}

function toPreviewJson({ oldNano, newNano, ...counts }: AccountRerating, { formatUsd }: MoneyText) {
  return { ...counts, old: formatUsd(oldNano), new: formatUsd(newNano), difference: formatUsd(newNano - oldNano) };
}

function toCorrectionJson(
  { accountId, ledgerTransactionId, requests, differenceNano }: Correction,
  { formatUsd }: MoneyText,
) {
  return {
    accountId,
    ledgerTransactionId: String(ledgerTransactionId),
    requests,
    difference: formatUsd(differenceNano),
  };
}
