/** `tera prices`: what models cost, and the correction of what was charged by a wrong price. */
import type { Command } from "commander";
import { adminUrlOption, type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { idArgument } from "./models/model-fields.ts";
import { listPrices, listPricesOptions, showPrice } from "./prices/list-prices.ts";
import { rerateOptions, rerateUsage } from "./prices/rerate-usage.ts";
import { setPrice, setPriceOptions } from "./prices/set-price.ts";

export function registerPrices(program: Command, context: CommandContext): void {
  const prices = program.command("prices").description("set what models cost, and correct what was charged wrongly");
  prices.addHelpText(
    "after",
    `
Examples:
  tera prices set Qwen/Qwen2.5-7B-Instruct --input 0.15 --output 0.60
  tera prices list
  tera prices rerate Qwen/Qwen2.5-7B-Instruct --from 2026-11-01 --to now
`,
  );

  prices
    .command("set")
    .description("give a model a price from now on, or from a moment; every gateway knows it within a second")
    .argument("<model>", "its id, as clients ask for it", idArgument)
    .option("--input <usd>", "per million input tokens, at most three decimals")
    .option("--output <usd>", "per million output tokens, reasoning included")
    .option("--cache-read <usd>", "per million input tokens from a prefix cache (default: as --input)")
    .option("--request <usd>", "per request, beside its tokens")
    .option("--per-million-characters <usd>", "per million characters of speech")
    .option("--batch-discount <percent>", "what the batch lane takes off, such as 50%")
    .option("--free", "served for nothing, and said so")
    .option("--from <time>", "when it begins (2027-01-01, 2027-01-01T12:00Z; default: now)")
    .option("--reason <text>", "why, for whoever reads the history")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
A request is charged the price that was in force when it was admitted. A price that
takes the place of another begins two seconds from now, at once on every gateway.

Examples:
  tera prices set Qwen/Qwen2.5-7B-Instruct --input 0.15 --output 0.60 --cache-read 0.03
  tera prices set hexgrad/Kokoro-82M --per-million-characters 15
  tera prices set tera/tera-nano --free
  tera prices set my-org/my-model --input 0.2 --output 0.8 --from 2027-01-01 --reason "new year"
`,
    )
    .action(async (model: string, given: unknown) => setPrice(model, setPriceOptions.parse(given), context));

  prices
    .command("list")
    .description("list the prices with their history, and which is in force")
    .argument("[model]", "only this model's", idArgument)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera prices list\n  tera prices list Qwen/Qwen2.5-7B-Instruct --json | jq '.[0]'\n",
    )
    .action(async (model: string | undefined, given: unknown) =>
      listPrices(model, listPricesOptions.parse(given), context),
    );

  prices
    .command("show")
    .description("show what a model costs now, and what comes next")
    .argument("<model>", "as `tera prices list` shows it", idArgument)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText("after", "\nExamples:\n  tera prices show Qwen/Qwen2.5-7B-Instruct\n")
    .action(async (model: string, given: unknown) => showPrice(model, listPricesOptions.parse(given), context));

  prices
    .command("rerate")
    .description("say what requests of a period should have been charged; with --apply, correct it")
    .argument("<model>", "its id", idArgument)
    .requiredOption("--from <time>", "requests admitted from here on (2026-11-01, 2026-11-01T12:00Z, 7d)")
    .requiredOption("--to <time>", "and before this (a time, or now)")
    .option("--price <id>", "charge all of them by this price (default: by the price book as it is today)")
    .option("--apply", "book the differences, one ledger transaction for each account")
    .option("--reason <text>", "why; the ledger keeps it")
    .option("--yes", "do not ask")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
The usage records stay as they were; the ledger gets corrections. Applied twice, it
finds nothing left to correct.

Examples:
  tera prices set my-org/my-model --input 0.1 --output 0.4 --from 2026-11-01 --reason "typo"
  tera prices rerate my-org/my-model --from 2026-11-01 --to now
  tera prices rerate my-org/my-model --from 2026-11-01 --to now --apply --reason "typo in the price"
`,
    )
    .action(async (model: string, given: unknown) => rerateUsage(model, rerateOptions.parse(given), context));
}
