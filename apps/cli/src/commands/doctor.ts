/** `tera doctor`: looks at everything that a stack needs, and says for each finding what to do. */
import { ConfigError } from "@tera/protocol";
import type { Command } from "commander";
import pc from "picocolors";
import { z } from "zod";
import type { Finding, FindingStatus } from "../doctor/finding.ts";
import { lookForEngines } from "../engines/look-for-engines.ts";
import { type FoundStack, findStack } from "../stack/find-stack.ts";
import { readWorkers } from "../stack/open-stack.ts";
import { oneLine } from "../terminal/table.ts";
import { type CommandContext, dataDirOption, jsonOption } from "./context.ts";

const doctorOptions = z.object({
  json: z.boolean().optional(),
  ledger: z.boolean().optional(),
  dataDir: z.string().optional(),
});

export function registerDoctor(program: Command, context: CommandContext): void {
  program
    .command("doctor")
    .description("check Node, disk, port, Postgres, Redis, runners and engines; say how to fix what is wrong")
    .option(
      "--ledger",
      "check that the money adds up instead: every charge, balance and lease, the ledger's hash chain, and engines' own counters",
    )
    .option(...jsonOption)
    .option(...dataDirOption)
    .addHelpText(
      "after",
      "\nThe exit code is 1 when something is broken.\n\nExamples:\n  tera doctor\n  tera doctor --ledger\n  tera doctor --json | jq '.findings[] | select(.status == \"broken\")'\n",
    )
    .action(async (given: unknown) => {
      const options = doctorOptions.parse(given);
      const findings = await (options.ledger ? examineLedger : examine)(options.dataDir, context);
      const broken = findings.some(({ status }) => status === "broken");
      context.terminal.print(options.json ? JSON.stringify({ ok: !broken, findings }) : renderFindings(findings));
      if (broken) context.setExitCode(1);
    });
}

async function examine(dataDir: string | undefined, context: CommandContext): Promise<Finding[]> {
  // Loaded here, because the drivers behind them take half a second that help and completion should not.
  const { checkApi, checkDataDirectory, checkDisk, checkNode, checkPort, checkRedisProgram } = await import(
    "../doctor/check-machine.ts"
  );
  const { checkPostgres } = await import("../doctor/check-postgres.ts");
  const { checkQueueAndRunners } = await import("../doctor/check-redis.ts");
  const { checkEngines } = await import("../doctor/check-engines.ts");
  const { checkPrices } = await import("../doctor/check-prices.ts");
  const node = checkNode(process.versions.node);
  let stack: FoundStack;
  try {
    stack = await findStack({ ...context, dataDir });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.message
      .split("\n")
      .map(
        (found): Finding => ({ check: "environment", status: "broken", found, fix: "Correct or unset the variable." }),
      );
    return [node, ...findings];
  }
  const ownServers = stack.databaseUrl !== undefined && stack.running === undefined;
  // Why the workers cannot be asked is another check's finding.
  const workers = readWorkers(stack).catch(() => undefined);
  const groups = await Promise.all([
    checkDataDirectory(stack.dataDirectory),
    checkDisk(stack.dataDirectory),
    // With servers of one's own, gateways run wherever they run: only what can be reached from here is looked at.
    ownServers ? [] : checkApi(stack),
    ownServers || stack.running !== undefined
      ? []
      : [await checkPort(), await checkRedisProgram(context.environment["PATH"])],
    checkPostgres(stack.databaseUrl),
    checkQueueAndRunners(stack),
    workers.then((known) => checkPrices(stack, known)),
    Promise.all([lookForEngines(undefined), workers]).then(([ports, known]) => checkEngines(ports, known)),
  ]);
  return [node, ...groups.flat()];
}

async function examineLedger(dataDir: string | undefined, context: CommandContext): Promise<Finding[]> {
  const { checkStackLedger } = await import("../doctor/check-ledger.ts");
  return checkStackLedger(await findStack({ ...context, dataDir }));
}

const marks: Record<FindingStatus, string> = {
  ok: pc.green("ok"),
  warning: pc.yellow("warning"),
  broken: pc.red("broken"),
  skipped: pc.dim("skipped"),
};

function renderFindings(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, status, found, fix, rows = [] }) => [
    `${marks[status]}${" ".repeat(9 - status.length)}${oneLine(check)}: ${oneLine(found)}`,
    ...rows.map((row) => `           ${oneLine(row)}`),
    ...(fix === undefined ? [] : [`         ${pc.bold("fix:")} ${oneLine(fix)}`]),
  ]);
  const count = findings.filter(({ status }) => status === "broken").length;
  return [...lines, "", count === 0 ? "Nothing is broken." : `${count} broken.`].join("\n");
}
