/** `tera prices set`: a new row in the price book. */
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { readServedModels, withPrices } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { suggest } from "../../terminal/suggest.ts";
import { announce } from "../announce.ts";
import { authorOf } from "../author.ts";
import type { CommandContext } from "../context.ts";
import { parseMoment } from "../moment.ts";
import { readPercent } from "../percent.ts";
import { describePriceInFull, describeValidity, readPerMillion, readPerRequest, toPriceJson } from "./price-text.ts";

export const setPriceOptions = z.object({
  input: z.string().optional(),
  output: z.string().optional(),
  cacheRead: z.string().optional(),
  request: z.string().optional(),
  perMillionCharacters: z.string().optional(),
  batchDiscount: z.string().optional(),
  free: z.boolean().optional(),
  from: z.string().optional(),
  reason: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});
type SetPriceOptions = z.infer<typeof setPriceOptions>;

export async function setPrice(model: string, options: SetPriceOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const amounts = readAmounts(options, metering);
  const wantedFrom = readFrom(options.from);
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const author = authorOf(context.environment);
  const { price, isFirst } = await withPrices(stack, (prices) =>
    prices.announcePrice({ model, ...amounts, validFrom: wantedFrom, author, reason: options.reason }),
  );
  const told = await announce(stack, context, { type: "prices" });
  const shown = toPriceJson(price, metering);
  if (options.json) {
    terminal.print(JSON.stringify({ ...shown, gatewaysTold: told }));
  } else {
    terminal.print(`${model}: ${describePriceInFull(shown)}, ${describeValidity(shown)} (${price.id}).`);
  }
  if (wantedFrom !== undefined && wantedFrom.getTime() < Date.now()) {
    terminal.note(
      `It begins in the past: what was charged since stays as it is, until \`tera prices rerate ${model} --from ${wantedFrom.toISOString()} --to now\` corrects it.`,
    );
  }
  if (isFirst && told) {
    const served = await readServedModels(stack);
    if (!served.includes(model)) {
      terminal.note(`No connected runner serves ${model}. ${suggest(model, served) ?? ""}`.trimEnd());
    }
  }
}

/** @throws {CliError} */
function readAmounts(options: SetPriceOptions, metering: typeof import("@tera/metering")) {
  const { free, input, output, cacheRead, request, perMillionCharacters, batchDiscount } = options;
  const amounts = [input, output, cacheRead, request, perMillionCharacters];
  if (free) {
    if ([...amounts, batchDiscount].some((amount) => amount !== undefined)) {
      throw new CliError("--free means that nothing is charged: leave the amounts out.");
    }
    return { isFree: true };
  }
  if (amounts.every((amount) => amount === undefined)) {
    throw new CliError(
      "Nothing was named to be charged: --input and --output, --per-million-characters, --request; or --free.",
    );
  }
  if ((input === undefined) !== (output === undefined)) {
    throw new CliError("--input and --output go together: name 0 for what costs nothing.");
  }
  const perMillion = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : readPerMillion(flag, text, metering);
  const read = {
    inputNano: perMillion("--input", input),
    outputNano: perMillion("--output", output),
    cacheReadNano: perMillion("--cache-read", cacheRead),
    characterNano: perMillion("--per-million-characters", perMillionCharacters),
    requestNano: request === undefined ? undefined : readPerRequest(request, metering),
  };
  if (Object.values(read).every((nano) => nano === undefined || nano === 0n)) {
    throw new CliError("All of it is 0: say --free, so that nobody takes it for a mistake.");
  }
  return {
    ...read,
    batchDiscountBasisPoints: batchDiscount === undefined ? undefined : readPercent("--batch-discount", batchDiscount),
  };
}

/** @throws {CliError} */
function readFrom(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const from = parseMoment(text);
  if (from === undefined)
    throw new CliError(`--from must be a time, such as 2027-01-01 or 2027-01-01T12:00Z, and "${text}" is not.`);
  return from;
}
