/** `/admin/api/queue`: the batch lane of each model, and the queues of background work. */
import { laneSwitchedSchema, queueSchema } from "@tera/admin-api/queue";
import { countLane } from "@tera/batch";
import type { Db } from "@tera/database";
import type { WorkerState } from "@tera/protocol";
import { z } from "zod";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError } from "../errors.ts";

export interface QueueCounts {
  waiting: number;
  active: number;
  isPaused: boolean;
}

/** Fails while Redis is away. */
export interface LaneQueues {
  countModel(model: string): Promise<QueueCounts>;
  countOthers(): Promise<(QueueCounts & { name: string })[]>;
  /** What runs goes on, and nothing of the model is begun on any gateway. */
  pause(model: string): Promise<void>;
  resume(model: string): Promise<void>;
}

export interface QueueDependencies {
  db: Db;
  change: Change;
  queues: LaneQueues;
  readWorkers(): Promise<WorkerState[]>;
}

const modelParams = z.object({ modelId: z.string().max(512) });

export function registerQueueRoutes(app: AdminApp, { db, change, queues, readWorkers }: QueueDependencies): void {
  app.get(
    "/queue",
    {
      config: { permission: "runners:read" },
      schema: {
        summary: "What waits and runs by itself",
        description: "Lines of batches by model, and the queues of background work.",
        response: { 200: queueSchema },
      },
    },
    async () => {
      const [{ models, isCut }, workers, others] = await Promise.all([
        countLane(db),
        readWorkers(),
        reachable(queues.countOthers()),
      ]);
      const served = workers.flatMap(({ runners }) => runners.flatMap((runner) => runner.models.map(({ id }) => id)));
      const counted = new Map(models.map((lane) => [lane.model, lane]));
      const names = [...new Set([...counted.keys(), ...served])].toSorted();
      const lanes = await reachable(
        Promise.all(
          names.map(async (model) => ({
            ...(counted.get(model) ?? { model, open: 0, running: 0 }),
            ...(await queues.countModel(model)),
          })),
        ),
      );
      return { models: lanes, isCut, queues: others };
    },
  );

  for (const action of ["pause", "resume"] as const) {
    app.post(
      `/queue/:modelId/${action}`,
      {
        config: { permission: "runners:write" },
        schema: {
          summary: action === "pause" ? "Begin no lines of batches with a model" : "Begin them again",
          description: "What runs goes on. A Redis that is emptied forgets that a lane was paused.",
          params: modelParams,
          response: { 200: laneSwitchedSchema },
        },
      },
      async ({ params: { modelId: model }, actor }) => {
        const isPaused = action === "pause";
        await change(actor, async () => {
          const before = await reachable(queues.countModel(model));
          if (before.isPaused !== isPaused) await reachable(queues[action](model));
          const about = { action: `queue.${action}`, objectKind: "queue", objectId: model };
          const states = { before: { isPaused: before.isPaused }, after: { isPaused } };
          return { answer: undefined, entry: before.isPaused === isPaused ? undefined : { ...about, ...states } };
        });
        return { model, isPaused };
      },
    );
  }
}

/** @throws {AdminError} `unavailable` when Redis is away. */
async function reachable<Result>(asked: Promise<Result>): Promise<Result> {
  return asked.catch((cause: unknown) => {
    throw new AdminError("unavailable", "Redis does not answer. Try again in a moment.", { cause });
  });
}
