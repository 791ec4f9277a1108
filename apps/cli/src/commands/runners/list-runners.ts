/** `tera runners list`: the engines behind the models, where they run, why one of them does not, and the GPUs they have. */
import type { GpuStatus, RunnerStatus, WorkerState } from "@tera/protocol";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { readWorkers } from "../../stack/open-stack.ts";
import { renderTable } from "../../terminal/table.ts";
import { wrapText } from "../../terminal/wrap-text.ts";
import type { CommandContext } from "../context.ts";
import { renderGpus } from "./gpu-table.ts";

export const listOptions = z.object({
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

interface ListedRunner extends RunnerStatus {
  workerId: string;
  host: string;
  draining: boolean;
  /** Of its worker. */
  gpus: GpuStatus[];
}

export async function listRunners(options: z.infer<typeof listOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const workers = await readWorkers(stack);
  const runners = workers
    .flatMap(({ workerId, host, draining, gpus, runners: own }): ListedRunner[] =>
      own.map((runner) => ({ ...runner, workerId, host, draining, gpus })),
    )
    .sort((a, b) => a.workerId.localeCompare(b.workerId) || a.id.localeCompare(b.id));
  if (options.json) {
    terminal.print(JSON.stringify(runners));
    return;
  }
  if (runners.length === 0) terminal.note(whyNone(workers));
  else terminal.print(renderRunners(runners, terminal.columns));
  const gpus = renderGpus(workers, terminal.columns);
  if (gpus !== undefined) terminal.print(`\n${gpus}`);
}

function whyNone(workers: readonly WorkerState[]): string {
  return workers.length === 0
    ? "No worker is connected. Start one beside your engine, or everything on this machine: npm start"
    : "The connected workers have no runner: name one in their tera.worker.yaml.";
}

function renderRunners(runners: readonly ListedRunner[], terminalColumns: number): string {
  const table = renderTable<ListedRunner>(
    [
      { header: "RUNNER", value: ({ id }) => id, widthMin: 12 },
      { header: "WORKER", value: ({ workerId }) => workerId, widthMin: 8 },
      { header: "ENGINE", value: engineOf, widthMin: 6 },
      { header: "STATE", value: ({ state, draining }) => (draining ? "draining" : state) },
      { header: "BUSY", value: ({ busy, slots }) => `${busy}/${slots}` },
      { header: "MODELS", value: ({ models }) => models.map(({ id }) => id).join(", "), widthMin: 14 },
    ],
    runners,
    terminalColumns,
  );
  const ids = runners.map(({ id }) => id);
  const reasons = runners
    .filter(({ state, reason }) => reason !== undefined || state !== "ready")
    .map(({ id, workerId, state, reason = "its worker does not say why" }) => {
      const name = ids.indexOf(id) === ids.lastIndexOf(id) ? id : `${id} on ${workerId}`;
      return wrapText(`${name} is ${state}: ${reason}`, terminalColumns);
    });
  return [table, ...reasons].join("\n\n");
}

function engineOf({ engine, engineVersion }: RunnerStatus): string {
  return engineVersion === undefined ? engine : `${engine} ${engineVersion}`;
}
