/** `tera runners drain|resume|restart|load|unload`: asks a worker to do it with one of its runners. */
import { openSlots, type RunnerAction, type RunnerStatus, type WorkerState } from "@tera/protocol";
import { z } from "zod";
import { actionTimeoutMs, askForAction, hasAuditLog } from "../../stack/ask-worker.ts";
import { findInstallation } from "../../stack/find-stack.ts";
import { readWorkers } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { confirm } from "../confirm.ts";
import type { CommandContext } from "../context.ts";
import { chooseWorker } from "./choose-worker.ts";

export const actionOptions = z.object({
  worker: z.string().optional(),
  yes: z.boolean().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

const begun: Record<RunnerAction, string> = {
  drain: "takes no more requests and finishes those that it has",
  resume: "takes requests again",
  restart: "is restarted: `tera runners list` shows when it is ready",
  unload: "is unloaded: its engine is stopped until `tera runners load`",
  load: "is loaded: `tera runners list` shows when it is ready",
};

/** @throws {CliError} saying why it was not done. */
export async function actOnRunner(
  action: RunnerAction,
  runnerId: string,
  options: z.infer<typeof actionOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const workers = await readWorkers(stack);
  const worker = chooseWorker(workers, runnerId, options.worker);
  const { workerId } = worker;
  const runner = worker.runners.find(({ id }) => id === runnerId);
  const cut = action === "restart" || action === "unload" ? (runner?.busy ?? 0) : 0;
  if (cut > 0 && options.yes !== true) {
    const requests = cut === 1 ? "1 request runs on it now and fails" : `${cut} requests run on it now and fail`;
    await confirm(terminal, `${requests} (drain it first, and they end well). ${titleOf(action)} ${runnerId}?`);
  }
  const answer = await askForAction(stack, { workerId, runnerId, action });
  switch (answer?.outcome) {
    case "accepted":
      break;
    case "refused":
      throw new CliError(`Worker ${workerId} refuses: ${answer.why}.`);
    case "no_runner":
      throw new CliError(`Worker ${workerId} has no runner ${runnerId} any more.`);
    case undefined:
      throw new CliError(
        `Worker ${workerId} did not answer within ${actionTimeoutMs / 1_000} s: it may be hanging, or older than this command.`,
      );
  }
  if (options.json) terminal.print(JSON.stringify({ workerId, runnerId, action }));
  else terminal.print(`${runnerId} on ${workerId} ${begun[action]}.`);
  if (!hasAuditLog(stack)) terminal.note("It is not in the audit log: DATABASE_URL is not set here.");
  if (action === "load" || action === "resume" || runner === undefined) return;
  const alone = servedByNobodyElse(runner, worker, workers);
  if (alone.length > 0) terminal.note(`No other runner takes requests for ${alone.join(", ")} now.`);
}

function servedByNobodyElse(runner: RunnerStatus, worker: WorkerState, workers: readonly WorkerState[]): string[] {
  const others = workers
    .filter(({ draining }) => !draining)
    .flatMap(({ workerId, runners }) => runners.filter(({ id }) => workerId !== worker.workerId || id !== runner.id))
    .filter((other) => openSlots(other) > 0);
  const served = new Set(others.flatMap(({ models }) => models.map(({ id }) => id)));
  return runner.models.map(({ id }) => id).filter((id) => !served.has(id));
}

function titleOf(action: RunnerAction): string {
  return action.charAt(0).toUpperCase() + action.slice(1);
}
