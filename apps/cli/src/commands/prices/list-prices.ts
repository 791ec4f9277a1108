/** `tera prices list` and `show`: the price book with its history. */
import type { Price } from "@tera/database";
import type { PriceStatus } from "@tera/metering";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withPrices } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { suggest } from "../../terminal/suggest.ts";
import { renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { formatMoment } from "../moment.ts";
import { describePrice, describePriceInFull, type PriceJson, toPriceJson } from "./price-text.ts";

export const listPricesOptions = z.object({
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});
type ListPricesOptions = z.infer<typeof listPricesOptions>;

/** A list longer than this is cut, and says so. */
const listMax = 10_000;

type ListedPrice = PriceJson & { status: PriceStatus };

export async function listPrices(
  model: string | undefined,
  options: ListPricesOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const { rows, listed } = await readPrices(model, options, context);
  if (options.json) {
    terminal.print(JSON.stringify(listed));
    return;
  }
  if (listed.length === 0) {
    terminal.note("No model has a price yet. Set one: tera prices set <model> --input 0.15 --output 0.60");
    return;
  }
  const table = renderTable<ListedPrice>(
    [
      ...(model === undefined ? [{ header: "MODEL", value: ({ model }: ListedPrice) => model, widthMin: 16 }] : []),
      { header: "STATUS", value: ({ status }) => status },
      { header: "FROM", value: ({ validFrom }) => formatMoment(new Date(validFrom)) },
      { header: "USD PER MILLION", value: describePrice, widthMin: 20 },
      { header: "ID", value: ({ id }) => id },
    ],
    listed,
    terminal.columns,
  );
  terminal.print(table);
  if (rows.length === listMax) terminal.note(`Only ${listMax} are shown: name a model.`);
}

export async function showPrice(model: string, options: ListPricesOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const { listed } = await readPrices(model, options, context);
  const inForce = listed.find(({ status }) => status === "in force");
  const ahead = listed.findLast(({ status }) => status === "ahead");
  if (options.json) {
    terminal.print(JSON.stringify({ model, inForce: inForce ?? null, next: ahead ?? null }));
    return;
  }
  terminal.print(
    inForce === undefined ? `${model} has no price in force.` : `${model}: ${describePriceInFull(inForce)}`,
  );
  if (inForce !== undefined) terminal.print(describeOrigin(inForce));
  if (ahead !== undefined) terminal.print(`Next: ${describePriceInFull(ahead)}\n${describeOrigin(ahead)}`);
}

function describeOrigin({ id, validFrom, author, reason }: ListedPrice): string {
  const why = reason === null ? "" : `: ${reason}`;
  return `  ${id}, from ${formatMoment(new Date(validFrom))}, set by ${author}${why}`;
}

/** @throws {CliError} for a model that has no price and never had one. */
async function readPrices(
  model: string | undefined,
  options: ListPricesOptions,
  context: CommandContext,
): Promise<{ rows: Price[]; listed: ListedPrice[] }> {
  const metering = await import("@tera/metering");
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  return withPrices(stack, async (store) => {
    const rows = await store.listPrices({ model, limit: listMax });
    if (model !== undefined && rows.length === 0) {
      const known = new Set((await store.listPrices({ limit: listMax })).map((row) => row.model));
      throw new CliError(`${model} has no price. ${suggest(model, [...known]) ?? "`tera prices set` gives it one."}`);
    }
    const listed = metering.withStatus(rows, Date.now()).map((row) => ({
      ...toPriceJson(row, metering),
      status: row.status,
    }));
    return { rows, listed };
  });
}
