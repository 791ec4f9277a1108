/** `tera runners logs`: what the engine behind a runner wrote last, asked of the worker that started it. */
import { z } from "zod";
import { askForLogs, logsTimeoutMs } from "../../stack/ask-worker.ts";
import { type FoundStack, findInstallation, type RemoteStack } from "../../stack/find-stack.ts";
import { readWorkers } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { chooseWorker } from "./choose-worker.ts";

/** A worker keeps no more. */
export const linesMax = 500;

export const logsOptions = z.object({
  worker: z.string().optional(),
  lines: z.number(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

/** @throws {CliError} saying why there are no lines. */
export async function printRunnerLogs(
  runnerId: string,
  options: z.infer<typeof logsOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const worker = chooseWorker(await readWorkers(stack), runnerId, options.worker);
  const lines = await fetchLines(stack, { workerId: worker.workerId, runnerId, linesMax: options.lines });
  if (options.json) terminal.print(JSON.stringify(lines));
  else if (lines.length === 0) terminal.note(`The engine of ${runnerId} has written nothing yet.`);
  else terminal.print(lines.map(oneLine).join("\n"));
}

async function fetchLines(
  stack: FoundStack | RemoteStack,
  question: { workerId: string; runnerId: string; linesMax: number },
): Promise<string[]> {
  const { workerId, runnerId } = question;
  const answer = await askForLogs(stack, question);
  switch (answer?.found) {
    case "lines":
      return answer.lines;
    case "no_log":
      throw new CliError(
        `${runnerId} has no log here: Tera did not start its engine, so its lines are where that was started. Runners of kind process have one.`,
      );
    case "no_runner":
      throw new CliError(`Worker ${workerId} has no runner ${runnerId} any more.`);
    case undefined:
      throw new CliError(
        `Worker ${workerId} did not answer within ${logsTimeoutMs / 1_000} s: it may be hanging, or older than this command.`,
      );
  }
}
