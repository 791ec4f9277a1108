/** `tera usage export`: every request of a period as CSV or JSON lines, however many there are. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { finished } from "node:stream/promises";
import type { ExportedUsage } from "@tera/metering";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withUsage } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import type { CommandContext } from "../context.ts";
import { filterOptions, readFilter } from "./usage-filter.ts";

export const exportFormats = ["csv", "jsonl"] as const;
export const exportUsageOptions = filterOptions.extend({
  format: z.enum(exportFormats),
  output: z.string().optional(),
});
type ExportOptions = z.infer<typeof exportUsageOptions>;

/** Sorting all of a period comes before the first row. */
const statementTimeoutMs = 3_600_000;
const progressEvery = 100_000;

/** Where the lines go. */
interface Sink {
  /** @returns when it was taken; false: nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** All was written. */
  close(): Promise<void>;
  /** What was written is no whole export. */
  discard(): Promise<void>;
}

/** Thrown to stop reading the database: `| head` has seen enough. */
class NobodyReads extends Error {}

export async function exportUsageRows(options: ExportOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const filter = readFilter(options);
  const metering = await import("@tera/metering");
  const columns = Object.keys(metering.exportedUsageSchema.shape);
  const render = {
    csv: (row: ExportedUsage) =>
      metering.renderCsvRow(Object.values(row).map((value) => (value === null ? null : String(value)))),
    jsonl: (row: ExportedUsage) => `${JSON.stringify(row)}\n`,
  }[options.format];
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const sink = options.output === undefined ? toTerminal(context) : await toFile(resolve(context.cwd, options.output));
  let count = 0;
  const write = async (text: string) => {
    if (!(await sink.write(text))) throw new NobodyReads();
  };
  try {
    await withUsage(
      stack,
      async (usage) => {
        if (options.format === "csv") await write(metering.renderCsvRow(columns));
        await usage.exportAll(filter, async (batch) => {
          await write(batch.map(render).join(""));
          const before = count;
          count += batch.length;
          if (Math.floor(count / progressEvery) > Math.floor(before / progressEvery)) {
            terminal.note(`${count.toLocaleString("en")} requests ...`);
          }
        });
      },
      statementTimeoutMs,
    );
    await sink.close();
  } catch (error) {
    await sink.discard();
    if (error instanceof NobodyReads) return;
    throw error;
  }
  terminal.note(
    `Exported ${count.toLocaleString("en")} requests${options.output === undefined ? "" : ` to ${options.output}`}.`,
  );
}

function toTerminal({ terminal }: CommandContext): Sink {
  return { write: (text) => terminal.write(text), close: async () => undefined, discard: async () => undefined };
}

/** Written beside it first: a file of that name is a whole export. @throws {CliError} */
async function toFile(path: string): Promise<Sink> {
  const partPath = `${path}.part`;
  const file = createWriteStream(partPath);
  try {
    await once(file, "open");
  } catch (error) {
    throw new CliError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  // An error is told to whoever writes next, or closes.
  let failure: Error | undefined;
  file.on("error", (error) => {
    failure = error;
  });
  const check = () => {
    if (failure !== undefined) throw new CliError(`${path} cannot be written: ${failure.message}`, { cause: failure });
  };
  return {
    async write(text) {
      check();
      await new Promise<void>((resolve) => file.write(text, () => resolve()));
      check();
      return true;
    },
    async close() {
      file.end();
      await finished(file).catch(() => undefined);
      check();
      await rename(partPath, path);
    },
    async discard() {
      file.destroy();
      await rm(partPath, { force: true });
    },
  };
}
