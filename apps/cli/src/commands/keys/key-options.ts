/** What can be set of a key on the command line, when it is made and later: names, what each value must be, and what takes a limit away again. */
import type { KeyChange } from "@tera/access";
import { laneClasses } from "@tera/protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { CliError } from "../../terminal/cli-error.ts";
import { collect } from "../arguments.ts";
import { parseExpiry } from "../expiry.ts";
import { addLimitOptions, limitOptions, none, orNull, readLimits } from "../limit-options.ts";

/** What commander has parsed with the options below. Money and addresses are read in `readSettings`, with the packages that know them. */
export const settingsOptions = z.object({
  model: z.array(z.string()).optional(),
  expires: z.union([z.date(), z.literal(none)]).optional(),
  class: z.enum(laneClasses).optional(),
  budgetDay: z.string().optional(),
  budgetMonth: z.string().optional(),
  budgetTotal: z.string().optional(),
  ...limitOptions,
  address: z.array(z.string()).optional(),
  contentLogging: z.enum(["on", "off"]).optional(),
});
export type SettingsOptions = z.infer<typeof settingsOptions>;

/** Every field with its name on the command line. */
const optionNames: Readonly<Record<keyof SettingsOptions, string>> = {
  model: "model",
  expires: "expires",
  class: "class",
  budgetDay: "budget-day",
  budgetMonth: "budget-month",
  budgetTotal: "budget-total",
  requestsPerMinute: "requests-per-minute",
  tokensPerMinute: "tokens-per-minute",
  concurrency: "concurrency",
  address: "address",
  contentLogging: "content-logging",
};

export function addSettingsOptions(command: Command): Command {
  command
    .option("--model <id>", "let it use this model only (repeatable; all: every one)", collect)
    .option("--expires <when>", "a date (2027-01-31), a time from now (12h, 30d, 8w), or none", expiryArgument)
    .addOption(new Option("--class <class>", "which requests go first when slots are short").choices(laneClasses))
    .option("--budget-day <usd>", "what it may spend on a day (UTC), or none")
    .option("--budget-month <usd>", "what it may spend in a month (UTC), or none")
    .option("--budget-total <usd>", "what it may spend in all, or none");
  return addLimitOptions(command)
    .option("--address <block>", "who may use it: 203.0.113.0/24 (repeatable; all: everybody)", collect)
    .addOption(
      new Option("--content-logging <switch>", "keep its prompts and answers, cut short, for some days").choices([
        "on",
        "off",
      ]),
    );
}

/** The names of the options that were given. */
export function namedOptions(options: SettingsOptions): string[] {
  const names: string[] = [];
  let field: keyof SettingsOptions;
  for (field in optionNames) if (options[field] !== undefined) names.push(optionNames[field]);
  return names;
}

/** @throws {CliError} naming the option, what is wrong with its value, and what would be right. */
export async function readSettings(options: SettingsOptions): Promise<Omit<KeyChange, "name">> {
  return {
    modelScope: readModels(options.model),
    expiresAt: orNull(options.expires),
    laneClass: options.class,
    budgetDayNano: await readBudget("--budget-day", options.budgetDay),
    budgetMonthNano: await readBudget("--budget-month", options.budgetMonth),
    budgetTotalNano: await readBudget("--budget-total", options.budgetTotal),
    ...readLimits(options),
    allowedAddresses: await readAddresses(options.address),
    contentLogging: options.contentLogging === undefined ? undefined : options.contentLogging === "on",
  };
}

const budgetMaxNano = 1_000_000_000_000_000_000n;

async function readBudget(option: string, text: string | undefined): Promise<bigint | null | undefined> {
  if (text === undefined) return undefined;
  if (text === none) return null;
  const { parseUsd } = await import("@tera/metering");
  const nano = parseUsd(text);
  if (nano === undefined || nano < 0n || nano > budgetMaxNano) {
    throw new CliError(
      `${option} ${text}: it must be an amount in USD, 0 to 1000000000 with at most nine decimals, such as 5 or 0.25; or none.`,
    );
  }
  return nano;
}

function readModels(ids: string[] | undefined): string[] | null | undefined {
  const models = allOr("--model", ids);
  for (const id of models ?? []) {
    if (id.length <= 512 && /^[^\s\p{Cc}]+$/u.test(id)) continue;
    throw new CliError(`--model ${id}: it must be a model's id, such as Qwen/Qwen2.5-7B-Instruct, or all.`);
  }
  return models;
}

async function readAddresses(texts: string[] | undefined): Promise<string[] | null | undefined> {
  const wanted = allOr("--address", texts);
  if (wanted === undefined || wanted === null) return wanted;
  const { parseAddressBlock } = await import("@tera/access");
  const blocks = wanted.map((text) => {
    const parsed = parseAddressBlock(text);
    if ("problem" in parsed) throw new CliError(`--address: ${parsed.problem}`);
    return parsed.block;
  });
  return [...new Set(blocks)];
}

function allOr(option: string, values: string[] | undefined): string[] | null | undefined {
  if (values === undefined || !values.includes("all")) return values && [...new Set(values)];
  if (values.length > 1) throw new CliError(`${option} all excludes every other ${option}.`);
  return null;
}

export function expiryArgument(text: string): Date | typeof none {
  if (text === none) return none;
  const date = parseExpiry(text, new Date());
  if (date === undefined) {
    throw new InvalidArgumentError(
      "It must be a date (2027-01-31) or a time from now (12h, 30d, 8w), and lie ahead; or none.",
    );
  }
  return date;
}
