/** `tera models list`: what can be asked for right now, as the gateways see it. */
import type { RunnerStatus, ServedModel, WorkerState } from "@tera/protocol";
import type { Command } from "commander";
import { z } from "zod";
import { findStack } from "../stack/find-stack.ts";
import { readWorkers } from "../stack/open-stack.ts";
import { renderTable } from "../terminal/table.ts";
import { type CommandContext, dataDirOption, jsonOption } from "./context.ts";

const listOptions = z.object({ json: z.boolean().optional(), dataDir: z.string().optional() });

interface ListedModel {
  id: string;
  /** Tokens; null: no engine says. */
  contextLength: number | null;
  features: string[];
  /** Runners that serve it, and those of them that take requests now. */
  runners: number;
  runnersReady: number;
  /** Slots of the ready ones, shared with the other models of the same runner, and those in use. */
  slots: number;
  busy: number;
}

export function registerModels(program: Command, context: CommandContext): void {
  const models = program.command("models").description("list the models that are served");
  models.addHelpText("after", "\nExamples:\n  tera models list\n");
  models
    .command("list")
    .description("list every model, with how many runners serve it")
    .option(...jsonOption)
    .option(...dataDirOption)
    .addHelpText("after", "\nExamples:\n  tera models list\n  tera models list --json | jq -r '.[].id'\n")
    .action(async (given: unknown) => listModels(listOptions.parse(given), context));
}

async function listModels(options: z.infer<typeof listOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const workers = await readWorkers(stack);
  const models = collectModels(workers);
  if (options.json) {
    terminal.print(JSON.stringify(models));
    return;
  }
  if (models.length === 0) {
    terminal.note(
      workers.length === 0
        ? "No model is served, because no worker is connected. `tera doctor` tells what to do."
        : "No model is served: no runner of the connected workers has one yet. See `tera runners list`.",
    );
    return;
  }
  const table = renderTable<ListedModel>(
    [
      { header: "MODEL", value: ({ id }) => id, widthMin: 24 },
      { header: "READY", value: ({ runners, runnersReady }) => `${runnersReady}/${runners}` },
      { header: "BUSY", value: ({ busy, slots }) => `${busy}/${slots}` },
      { header: "CONTEXT", value: ({ contextLength }) => contextLength?.toString() ?? "unknown" },
      { header: "FEATURES", value: ({ features }) => features.join(", "), widthMin: 8 },
    ],
    models,
    terminal.columns,
  );
  terminal.print(table);
}

function collectModels(workers: readonly WorkerState[]): ListedModel[] {
  const runners = workers.flatMap((worker) => worker.runners.map((runner) => ({ runner, draining: worker.draining })));
  const servings = runners.flatMap(({ runner, draining }) =>
    runner.models.map((model) => ({ model, runner, draining })),
  );
  const byId = Map.groupBy(servings, ({ model }) => model.id);
  return [...byId]
    .map(([id, places]) => {
      const ready = places.filter(({ runner, draining }) => runner.state === "ready" && !draining);
      return {
        id,
        contextLength: smallestContext(places.map(({ model }) => model)),
        features: [...new Set(places.flatMap(({ model }) => model.features))],
        runners: places.length,
        runnersReady: ready.length,
        slots: sum(ready, ({ slots }) => slots),
        busy: sum(ready, ({ busy }) => busy),
      };
    })
    .sort((a, b) => a.id.localeCompare(b.id));
}

/** What a request can rely on, wherever it ends up. */
function smallestContext(models: readonly ServedModel[]): number | null {
  const lengths = models.flatMap(({ contextLength }) => contextLength ?? []);
  return lengths.length === 0 ? null : Math.min(...lengths);
}

function sum(places: readonly { runner: RunnerStatus }[], count: (runner: RunnerStatus) => number): number {
  return places.reduce((total, { runner }) => total + count(runner), 0);
}
