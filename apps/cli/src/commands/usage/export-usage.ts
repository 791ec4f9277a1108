/** `tera usage export`: every request of a period as CSV or JSON lines, however many there are. */
import type { ExportedUsage } from "@tera/metering";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withUsage } from "../../stack/open-stack.ts";
import { openSink } from "../../terminal/sink.ts";
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
  const sink = await openSink(options.output, context);
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
