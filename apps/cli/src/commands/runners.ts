/** `tera runners list`: the engines behind the models, where they run, and why one of them does not. */
import type { RunnerStatus } from "@tera/protocol";
import type { Command } from "commander";
import { z } from "zod";
import { findStack } from "../stack/find-stack.ts";
import { readWorkers } from "../stack/open-stack.ts";
import { oneLine, renderTable } from "../terminal/table.ts";
import { type CommandContext, dataDirOption, jsonOption } from "./context.ts";

const listOptions = z.object({ json: z.boolean().optional(), dataDir: z.string().optional() });

interface ListedRunner extends RunnerStatus {
  workerId: string;
  host: string;
  draining: boolean;
}

export function registerRunners(program: Command, context: CommandContext): void {
  const runners = program.command("runners").description("list the runners and what they do");
  runners.addHelpText("after", "\nExamples:\n  tera runners list\n");
  runners
    .command("list")
    .description("list every runner of every connected worker")
    .option(...jsonOption)
    .option(...dataDirOption)
    .addHelpText(
      "after",
      "\nExamples:\n  tera runners list\n  tera runners list --json | jq '.[] | {id, state, reason}'\n",
    )
    .action(async (given: unknown) => listRunners(listOptions.parse(given), context));
}

async function listRunners(options: z.infer<typeof listOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const workers = await readWorkers(stack);
  const runners = workers
    .flatMap(({ workerId, host, draining, runners: own }): ListedRunner[] =>
      own.map((runner) => ({ ...runner, workerId, host, draining })),
    )
    .sort((a, b) => a.workerId.localeCompare(b.workerId) || a.id.localeCompare(b.id));
  if (options.json) {
    terminal.print(JSON.stringify(runners));
    return;
  }
  if (runners.length === 0) {
    terminal.note(
      workers.length === 0
        ? "No worker is connected. Start one beside your engine, or everything on this machine: npm start"
        : "The connected workers have no runner: name one in their tera.worker.yaml.",
    );
    return;
  }
  const table = renderTable<ListedRunner>(
    [
      { header: "RUNNER", value: ({ id }) => id, widthMin: 12 },
      { header: "WORKER", value: ({ workerId }) => workerId, widthMin: 8 },
      { header: "ENGINE", value: ({ engine }) => engine, widthMin: 6 },
      { header: "STATE", value: ({ state, draining }) => (draining ? "draining" : state) },
      { header: "BUSY", value: ({ busy, slots }) => `${busy}/${slots}` },
      { header: "MODELS", value: ({ models }) => models.map(({ id }) => id).join(", "), widthMin: 14 },
    ],
    runners,
    terminal.columns,
  );
  terminal.print(table);
  for (const { id, state, reason } of runners) {
    if (reason !== undefined) terminal.print(`\n${oneLine(id)} is ${state}: ${oneLine(reason)}`);
  }
}
