/** `tera prices rerate`: what requests should have been charged, and, with `--apply`, the correction of what they were. */
import type { AccountRerating, Correction, ReratingQuery } from "@tera/metering";
import { randomBase62 } from "@tera/protocol";
import { z } from "zod";
import { findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
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
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  await withDatabase(
    stack,
    async (db) => {
      if (query.priceId !== undefined) await requirePrice(metering.createPriceStore({ db }), model, query.priceId);
      const rerating = metering.createRerating({ db });
      const previews = await rerating.preview(query);
      if (!options.json) printPreview(previews, query, metering, context);
      if (!options.apply || reason === undefined) {
        if (options.json)
          terminal.print(
            JSON.stringify({
              ...toQueryJson(query),
              applied: false,
              accounts: previews.map((each) => toPreviewJson(each, metering)),
            }),
          );
        else if (previews.some(({ changed }) => changed > 0))
          terminal.note("Nothing was changed. Add --apply --reason <text> to book it.");
        return;
      }
      const changing = previews.filter(({ changed }) => changed > 0);
      if (changing.length > 0 && !options.yes) {
        await confirm(
          terminal,
          `Correct ${sum(changing, ({ changed }) => changed)} charges of ${changing.length} accounts?`,
        );
      }
      const reference = `rerate_${randomBase62(16)}`;
      const corrections: Correction[] = [];
      for (const { accountId } of changing) {
        const booked = await rerating.correct(accountId, query, {
          author: authorOf(context.environment),
          reason,
          reference,
        });
        if (booked === undefined) continue;
        corrections.push(booked);
        if (!options.json) {
          terminal.print(`Booked ${signedUsd(booked.differenceNano, metering)} for ${accountId}.`);
        }
      }
      if (options.json) {
        terminal.print(
          JSON.stringify({
            ...toQueryJson(query),
            applied: true,
            reference,
            accounts: previews.map((each) => toPreviewJson(each, metering)),
            corrections: corrections.map((each) => toCorrectionJson(each, metering)),
          }),
        );
      }
    },
    statementTimeoutMs,
  );
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

/** @throws {CliError} */
async function requirePrice(
  store: { findPrice(id: string): Promise<{ model: string } | undefined> },
  model: string,
  id: string,
): Promise<void> {
  const price = await store.findPrice(id);
  if (price === undefined) throw new CliError(`There is no price ${id}. \`tera prices list ${model}\` shows them.`);
  if (price.model !== model) throw new CliError(`${id} is a price of ${price.model}, not of ${model}.`);
}

type MoneyText = Pick<typeof import("@tera/metering"), "formatUsd">;

function printPreview(
  previews: readonly AccountRerating[],
  query: ReratingQuery,
  metering: MoneyText,
  { terminal }: CommandContext,
): void {
  const { formatUsd } = metering;
  const period = `from ${formatMoment(query.from)} to ${formatMoment(query.to)}`;
  if (previews.length === 0) {
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
      previews,
      terminal.columns,
    ),
  );
  if (previews.every(({ changed }) => changed === 0)) terminal.print(`No charge changes ${period}.`);
  const unpriced = sum(previews, (each) => each.unpriced);
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

function sum<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
