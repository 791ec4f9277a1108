/**
 * `pnpm bench <what>`: starts all that a benchmark needs, measures, prints its rows on stdout and its progress on stderr, and stops
 * everything. Ends with 1 when a row has errors.
 */
import { Command, Option } from "commander";
import { readCount, readCounts, readLargeCount, readTargets } from "./arguments.ts";
import { runBatch } from "./batch/batch.ts";
import { batchColumns } from "./batch/rows.ts";
import { runDashboard } from "./dashboard/dashboard.ts";
import { dashboardColumns } from "./dashboard/rows.ts";
import { meteringColumns, runMetering } from "./metering/metering.ts";
import { runOverhead } from "./overhead/overhead.ts";
import { overheadColumns, streamColumns } from "./report/columns.ts";
import { describeNoise } from "./report/machine.ts";
import { type Report, type ReportFormat, renderReport } from "./report/report.ts";
import { runStream } from "./stream/stream.ts";
import { type TargetName, targetNames } from "./targets/target.ts";
import { openWorkbench, type Workbench } from "./workbench.ts";

interface CommonFlags {
  json?: true;
  markdown?: true;
  targets: TargetName[];
  rounds: number;
  seconds: number;
  onlyNode?: true;
  cpuProf?: string;
}

interface DashboardFlags {
  events: number;
  keys: number;
  times: number;
  livePages: number;
}

interface BatchFlags {
  lines: number;
  streams: number;
  slots: number;
  largeFileLines: number;
  large: boolean;
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

const streamTargets: readonly TargetName[] = ["direct", "tera", "node-proxy", "nginx"];

const program = new Command("bench").description("Measures Tera beside others, on this machine, in one run.");

function command(name: string, description: string, targets: readonly TargetName[]): Command {
  return program
    .command(name)
    .description(description)
    .addOption(new Option("--json", "the rows as JSON").conflicts("markdown"))
    .option("--markdown", "the table that docs/performance.md holds")
    .option("--targets <names>", "what to measure; direct always is", readTargets(targets), [...targets])
    .option("--rounds <count>", "how often each is measured", readCount, 3)
    .option("--cpu-prof <directory>", "write CPU profiles of gateway and worker");
}

command("overhead", "what a gateway adds to a request: latency and requests per second", targetNames)
  .option("--clients <counts>", "requests at once", readCounts, [1, 8, 32, 128])
  .option("--seconds <count>", "length of one measurement", readCount, 5)
  .option("--only-node", "engine and load client in Node, even where nginx and wrk can be had")
  .action((flags: CommonFlags & { clients: number[] }) =>
    measure(flags, async (workbench) => ({
      columns: overheadColumns,
      ...(await runOverhead(workbench, {
        ...flags,
        onlyNode: flags.onlyNode === true,
        profileDirectory: flags.cpuProf,
      })),
    })),
  );

command(
  "stream",
  "what a streamed token costs: CPU time, and what is added to the time to the first one",
  streamTargets,
)
  .option("--streams <counts>", "streams at once", readCounts, [16, 64, 256])
  .option("--tokens-per-second <count>", "of each stream", readCount, 50)
  .option("--seconds <count>", "how long CPU is counted in one measurement", readCount, 5)
  .action((flags: CommonFlags & { streams: number[]; tokensPerSecond: number }) =>
    measure(flags, async (workbench) => ({
      columns: streamColumns,
      ...(await runStream(workbench, { ...flags, profileDirectory: flags.cpuProf })),
    })),
  );

program
  .command("metering")
  .description("what money costs: settling, limits, reports at ten million requests, bytes per request")
  .addOption(new Option("--json", "the rows as JSON").conflicts("markdown"))
  .option("--markdown", "the table that docs/performance.md holds")
  .option("--events <count>", "requests that the reports are asked of", readLargeCount, 10_000_000)
  .option("--rounds <count>", "how often settling is measured", readCount, 3)
  .option("--seconds <count>", "length of one measurement of settling", readCount, 5)
  .action((flags: Pick<CommonFlags, "json" | "markdown" | "rounds" | "seconds"> & { events: number }) =>
    measure(flags, async (workbench) => ({
      columns: meteringColumns,
      ...(await runMetering(workbench, flags)),
    })),
  );

program
  .command("dashboard")
  .description("how long pages wait for their data, what a browser loads, what live pages cost the gateway")
  .addOption(new Option("--json", "the rows as JSON").conflicts("markdown"))
  .option("--markdown", "the table that docs/performance.md holds")
  .option("--events <count>", "requests that there were", readLargeCount, 10_000_000)
  .option("--keys <count>", "keys that there are", readCount, 10_000)
  .option("--times <count>", "how often each page is asked for", readCount, 40)
  .option("--live-pages <count>", "that are open", readCount, 50)
  .option("--rounds <count>", "how often the gateway is measured with and without them", readCount, 7)
  .option("--seconds <count>", "length of one measurement of the gateway", readCount, 4)
  .action((flags: Pick<CommonFlags, "json" | "markdown" | "rounds" | "seconds"> & DashboardFlags) =>
    measure(flags, async (workbench) => ({
      columns: dashboardColumns,
      ...(await runDashboard(workbench, { ...flags, onlyPlain: false, ownPostgres: true, onlyNode: false })),
    })),
  );

program
  .command("batch")
  .description(
    "lines of batches beside live requests: none lost or doubled, what live requests lose, idle slots used, memory",
  )
  .addOption(new Option("--json", "the figures as JSON").conflicts("markdown"))
  .option("--markdown", "the table that docs/performance.md holds")
  .option("--lines <count>", "of the batch", readLargeCount, 10_000)
  .option("--rounds <count>", "turns with and without lines", readCount, 3)
  .option("--seconds <count>", "of each turn", readCount, 8)
  .option("--streams <count>", "live streams that are always open", readCount, 8)
  .option("--slots <count>", "of each of the two engines", readCount, 64)
  .option(
    "--large-file-lines <count>",
    "of a file that is only taken in and written out again",
    readLargeCount,
    1_000_000,
  )
  .option("--no-large", "leave that file out")
  .action((flags: Pick<CommonFlags, "json" | "markdown" | "rounds" | "seconds"> & BatchFlags) =>
    measure(flags, async (workbench) => ({
      columns: batchColumns,
      isOneRow: true,
      ...(await runBatch(workbench, { ...flags, largeFileLines: flags.large ? flags.largeFileLines : 0 })),
    })),
  );

async function measure<Row extends object>(
  flags: Pick<CommonFlags, "json" | "markdown">,
  run: (workbench: Workbench) => Promise<Report<Row>>,
): Promise<void> {
  const workbench = await openWorkbench(say);
  const stopping = stopEarly(workbench);
  try {
    const noise = describeNoise();
    if (noise !== undefined) say(noise);
    const report = await run(workbench);
    const format: ReportFormat = flags.json ? "json" : flags.markdown ? "markdown" : "table";
    process.stdout.write(`${renderReport(report, format)}\n`);
    if (report.rows.some((row) => "errors" in row && row.errors !== 0)) process.exitCode = 1;
  } catch (error) {
    // Whatever runs breaks when everything is stopped under it.
    if (!stopping.stopped) {
      // Said now: stopping what is broken may fail too, and would be all that is told.
      say(error instanceof Error ? error.message : String(error));
      throw error;
    }
  } finally {
    await workbench[Symbol.asyncDispose]();
  }
}

/** Ctrl-C, or the end of whoever started us: nothing is left behind. */
function stopEarly(workbench: Workbench): { readonly stopped: boolean } {
  const state = { stopped: false };
  const stop = () => {
    if (state.stopped) return;
    state.stopped = true;
    say("stopping");
    const end = () => process.exit(130);
    workbench[Symbol.asyncDispose]().then(end, end);
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  process.once("disconnect", stop);
  return state;
}

// The channel to whoever started us must not keep us alive.
process.channel?.unref();
await program.parseAsync();
