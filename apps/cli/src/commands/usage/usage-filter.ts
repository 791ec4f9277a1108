/** The options that say which usage is meant. */
import type { UsageFilter } from "@tera/metering";
import type { Command } from "commander";
import { z } from "zod";
import { CliError } from "../../terminal/cli-error.ts";
import { parsePast } from "../moment.ts";

export const filterOptions = z.object({
  account: z.string().optional(),
  key: z.string().optional(),
  model: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export function addFilterOptions(command: Command): Command {
  return command
    .option("--account <id>", "only this account's")
    .option("--key <id>", "only this key's")
    .option("--model <id>", "only of this model")
    .option("--from <time>", "admitted from here on (2026-11-01, 2026-11-01T12:00Z, 24h, 30d)")
    .option("--to <time>", "and before this (default: now)");
}

/** @throws {CliError} saying what a time must be. */
export function readFilter({ account, key, model, from, to }: z.infer<typeof filterOptions>): UsageFilter {
  const now = new Date();
  const read = (flag: string, text: string | undefined) => {
    if (text === undefined) return undefined;
    const moment = text === "now" ? now : parsePast(text, now);
    if (moment !== undefined) return moment;
    throw new CliError(
      `${flag} must be a time (2026-11-01, 2026-11-01T12:00Z, now) or how long ago (24h, 30d), and "${text}" is not.`,
    );
  };
  const period = { from: read("--from", from), to: read("--to", to) };
  if (period.from !== undefined && period.to !== undefined && period.from >= period.to) {
    throw new CliError("--from must lie before --to.");
  }
  return { accountId: account, keyId: key, model, ...period };
}
