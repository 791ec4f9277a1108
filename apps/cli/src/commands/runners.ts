/** `tera runners`: the engines behind the models. */
import { type RunnerAction, runnerActions } from "@tera/protocol";
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { adminUrlOption, type CommandContext, dataDirOption, jsonOption } from "./context.ts";
import { actionOptions, actOnRunner } from "./runners/act-on-runner.ts";
import { listOptions, listRunners } from "./runners/list-runners.ts";
import { linesMax, logsOptions, printRunnerLogs } from "./runners/runner-logs.ts";

export function registerRunners(program: Command, context: CommandContext): void {
  const runners = program
    .command("runners")
    .description("list the runners and what they do, take them out and put them back, and read their logs");
  runners.addHelpText(
    "after",
    "\nExamples:\n  tera runners list\n  tera runners logs process-1\n  tera runners drain process-1\n",
  );
  runners
    .command("list")
    .description("list every runner of every connected worker, with its state and why, and the GPUs")
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera runners list\n  tera runners list --json | jq '.[] | {id, state, reason}'\n",
    )
    .action(async (given: unknown) => listRunners(listOptions.parse(given), context));
  runners
    .command("logs")
    .description("print the last lines that the engine of a runner wrote (runners of kind process, and llama's errors)")
    .argument("<runner>", "id of the runner, as `tera runners list` shows it")
    .option("--worker <id>", "the worker to ask, when several have a runner of this id")
    .option("--lines <number>", `how many lines, at most ${linesMax}`, parseLines, 100)
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera runners logs process-1\n  tera runners logs process-1 --worker gpu-1 --lines 500 | grep -i error\n",
    )
    .action(async (runnerId: unknown, given: unknown) =>
      printRunnerLogs(z.string().parse(runnerId), logsOptions.parse(given), context),
    );
  for (const action of runnerActions) registerAction(runners, action, context);
}

const about: Record<RunnerAction, string> = {
  drain: "let a runner finish what it has, and take nothing new",
  resume: "let a drained runner take requests again",
  restart: "stop and start the engine of a runner (kind http: attach it anew); what it runs fails",
  unload: "stop the engine of a runner and free its GPU (kinds process and llama); what it runs fails",
  load: "start the engine of an unloaded runner",
};

function registerAction(runners: Command, action: RunnerAction, context: CommandContext): void {
  const command = runners
    .command(action)
    .description(about[action])
    .argument("<runner>", "id of the runner, as `tera runners list` shows it")
    .option("--worker <id>", "the worker to ask, when several have a runner of this id");
  if (action === "restart" || action === "unload") command.option("--yes", "do not ask, also when requests run on it");
  command
    .option(...jsonOption)
    .option(...dataDirOption)
    .option(...adminUrlOption)
    .addHelpText(
      "after",
      `\nExamples:\n  tera runners ${action} process-1\n  tera runners ${action} process-1 --worker gpu-1\n`,
    )
    .action(async (runnerId: unknown, given: unknown) =>
      actOnRunner(action, z.string().parse(runnerId), actionOptions.parse(given), context),
    );
}

function parseLines(text: string): number {
  const lines = Number(text);
  if (Number.isInteger(lines) && lines >= 1 && lines <= linesMax) return lines;
  throw new InvalidArgumentError(`It must be a whole number, 1 to ${linesMax}.`);
}
