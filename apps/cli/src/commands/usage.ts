/** `tera usage`: what was used, by whom, and what it cost. */
import { type Command, Option } from "commander";
import { countArgument } from "./arguments.ts";
import { adminUrlOption, type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { exportFormats, exportUsageOptions, exportUsageRows } from "./usage/export-usage.ts";
import { lanes, listRequests, requestsOptions, statuses } from "./usage/list-requests.ts";
import { groups, sumOptions, sumUsage } from "./usage/sum-usage.ts";
import { addFilterOptions } from "./usage/usage-filter.ts";
import { retentionOptions, usageRetention } from "./usage/usage-retention.ts";

export function registerUsage(program: Command, context: CommandContext): void {
  const usage = addFilterOptions(program.command("usage").description("show what was used and what it cost; export it"))
    .enablePositionalOptions()
    .addOption(new Option("--by <dimension>", "what to sum up by").choices(groups).default("day"))
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
Without a subcommand: sums, by default of the last 30 days. Days are UTC's.

Examples:
  tera usage
  tera usage --by model --from 2026-11-01 --to 2026-12-01
  tera usage --account acct_4f8Zs0aBcDeFgHiJ --by hour --from 24h --json
  tera usage requests --key key_4f8Zs0aBcDeFgHiJ
  tera usage export --from 2026-11-01 --to 2026-12-01 --output november.csv
`,
    )
    .action(async (given: unknown) => sumUsage(sumOptions.parse(given), context));

  addFilterOptions(usage.command("requests").description("list the last requests, or show all about one"))
    .addOption(new Option("--status <status>", "only those that ended so").choices(statuses))
    .addOption(new Option("--lane <lane>", "only live requests, or only lines of batches").choices(lanes))
    .option("--limit <count>", "how many", countArgument, 20)
    .option("--after <request-id>", "the page after this one: those that were admitted before it")
    .option("--id <request-id>", "all about this one: the x-request-id of its answer")
    .option("--content", "with --id: what was asked and answered, where its key has it kept")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
With --id: when it was admitted, accepted, began to answer and ended; where each
attempt was made and why it failed; and each quantity times the price it was
charged by. Requests that were refused before they were admitted (4xx, 503) are
listed with --status refused only: the first few of each key, code and minute, for
seven days, and how many there were in all.

Examples:
  tera usage requests --status failed --from 24h
  tera usage requests --status refused --key key_4f8Zs0aBcDeFgHiJ
  tera usage requests --account acct_4f8Zs0aBcDeFgHiJ --limit 100 --json
  tera usage requests --lane batch
  tera usage requests --id req_2nJ8s0aBcDeFgHiJkLmNoP --content
`,
    )
    .action(async (given: unknown) => listRequests(requestsOptions.parse(given), context));

  addFilterOptions(usage.command("export").description("write every request of a period as CSV or JSON lines"))
    .addOption(new Option("--format <format>", "of the lines").choices(exportFormats).default("csv"))
    .option("-o, --output <file>", "where to (default: stdout)")
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `
It needs little memory however long the period is, and shows one moment: what is
settled meanwhile is not in it. Amounts are USD.

Examples:
  tera usage export --from 2026-11-01 --to 2026-12-01 --output november.csv
  tera usage export --account acct_4f8Zs0aBcDeFgHiJ --format jsonl | gzip > usage.jsonl.gz
`,
    )
    .action(async (given: unknown) => exportUsageRows(exportUsageOptions.parse(given), context));

  usage
    .command("retention")
    .description("show how large each month of requests is; drop those that are past their retention")
    .option("--months <count>", "how many months that are over are kept", countArgument)
    .option("--apply", "drop the others")
    .option("--yes", "do not ask")
    .option(...jsonOption)
    .option(...dataDirOption)
    .addHelpText(
      "after",
      `
A month goes as a whole, and only when it has been over for four weeks and all of
it is in the sums, in the ledger, and, for postpaid accounts, on an invoice. Sums,
ledger and invoices stay. Gateways do it every day where they are told to:
TERA_GATEWAY_USAGE_RETENTION_MONTHS.

Examples:
  tera usage retention
  tera usage retention --months 13
  tera usage retention --months 13 --apply
`,
    )
    .action(async (given: unknown) => usageRetention(retentionOptions.parse(given), context));
}
