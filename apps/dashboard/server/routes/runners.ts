/** `/admin/api/workers` and `/admin/api/runners`: what is there, and what an operator does with it. */

import { runnerActedSchema, runnerLogsQuery, runnerLogsSchema } from "@tera/admin-api/runners";
import { runnerListSchema, type Worker, workerListSchema } from "@tera/admin-api/workers";
import {
  type RunnerAction,
  type RunnerActionAnswer,
  type RunnerLogs,
  runnerActions,
  type WorkerState,
} from "@tera/protocol";
import { z } from "zod";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";
import { toLiveWorker } from "../live/live-worker.ts";

/** How workers are reached. Undefined: the worker did not answer. */
export interface WorkerLine {
  act(question: { workerId: string; runnerId: string; action: RunnerAction }): Promise<RunnerActionAnswer | undefined>;
  readLogs(question: { workerId: string; runnerId: string; linesMax: number }): Promise<RunnerLogs | undefined>;
}

export interface RunnerDependencies {
  change: Change;
  /** The workers that are connected now. */
  readWorkers(): Promise<WorkerState[]>;
  workerLine: WorkerLine;
}

const runnerParams = z.object({ workerId: z.string(), runnerId: z.string() });

const summaries: Record<RunnerAction, string> = {
  drain: "Let a runner finish what it has, and take nothing new",
  resume: "Let a drained runner take requests again",
  restart: "Stop and start the engine of a runner; what it runs fails",
  unload: "Stop the engine of a runner and free its GPU; what it runs fails",
  load: "Start the engine of an unloaded runner",
};

export function registerRunnerRoutes(app: AdminApp, { change, readWorkers, workerLine }: RunnerDependencies): void {
  app.get(
    "/workers",
    {
      config: { permission: "runners:read" },
      schema: { summary: "The connected workers", response: { 200: workerListSchema } },
    },
    async () => {
      const workers = (await readWorkers()).toSorted((a, b) => (a.workerId < b.workerId ? -1 : 1));
      return { items: workers.map(toWorker) };
    },
  );

  app.get(
    "/runners",
    {
      config: { permission: "runners:read" },
      schema: { summary: "The runners of the connected workers", response: { 200: runnerListSchema } },
    },
    async () => ({
      items: (await listWorkers()).flatMap(({ id, runners }) => runners.map((runner) => ({ ...runner, workerId: id }))),
    }),
  );

  app.get(
    "/runners/:workerId/:runnerId/logs",
    {
      // They may quote what customers sent.
      config: { permission: "runners:write" },
      schema: {
        summary: "The last lines that the engine of a runner wrote",
        description: "Keys and passwords in them are masked.",
        params: runnerParams,
        querystring: runnerLogsQuery,
        response: { 200: runnerLogsSchema },
      },
    },
    async ({ params, query: { lines } }) => {
      await mustFind(params);
      const answer = await workerLine.readLogs({ ...params, linesMax: lines });
      if (answer === undefined) throw noAnswer(params.workerId);
      if (answer.found === "no_runner") throw notFound("runner");
      return { lines: answer.found === "lines" ? answer.lines : null };
    },
  );

  for (const action of runnerActions) {
    app.post(
      `/runners/:workerId/:runnerId/${action}`,
      {
        config: { permission: "runners:write" },
        schema: { summary: summaries[action], params: runnerParams, response: { 200: runnerActedSchema } },
      },
      async ({ params, actor }) => {
        await mustFind(params);
        const { workerId, runnerId } = params;
        // In the transaction: nothing is done that the audit log could not take.
        await change(actor, async () => {
          const answer = await workerLine.act({ workerId, runnerId, action });
          if (answer === undefined) throw noAnswer(workerId);
          if (answer.outcome === "no_runner") throw notFound("runner");
          if (answer.outcome === "refused") throw new AdminError("conflict", `Not done: ${answer.why}.`);
          const subject = { objectKind: "runner", objectId: `${workerId}/${runnerId}`, objectName: runnerId };
          return { answer: undefined, entry: { action: `runner.${action}`, ...subject } };
        });
        return { workerId, runnerId, action };
      },
    );
  }

  async function listWorkers() {
    const workers = (await readWorkers()).map(toLiveWorker);
    return workers.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** A name that nobody has must not become a key in Redis. */
  async function mustFind({ workerId, runnerId }: z.output<typeof runnerParams>): Promise<void> {
    const worker = (await readWorkers()).find((each) => each.workerId === workerId);
    if (worker === undefined) throw notFound("worker");
    if (!worker.runners.some(({ id }) => id === runnerId)) throw notFound("runner");
  }
}

/** With what each runner says of its models. */
function toWorker(state: WorkerState): Worker {
  const { runners, ...worker } = toLiveWorker(state);
  const modelsOf = new Map(state.runners.map(({ id, models }) => [id, models]));
  return { ...worker, runners: runners.map((runner) => ({ ...runner, served: modelsOf.get(runner.id) ?? [] })) };
}

function noAnswer(workerId: string): AdminError {
  return new AdminError("unavailable", `The worker ${workerId} does not answer. It was not done; try again.`);
}
