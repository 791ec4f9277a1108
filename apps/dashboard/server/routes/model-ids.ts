/** `/admin/api/model-ids`: what can be chosen where a model is asked for. */
import { createModelStore } from "@tera/access";
import { modelIdsSchema } from "@tera/admin-api/model-ids";
import type { Db } from "@tera/database";
import { createPriceStore } from "@tera/metering";
import type { WorkerState } from "@tera/protocol";
import type { AdminApp } from "../admin-app.ts";

const modelsMax = 1_000;

export interface ModelIdDependencies {
  db: Db;
  readWorkers(): Promise<WorkerState[]>;
}

export function registerModelIdRoutes(app: AdminApp, { db, readWorkers }: ModelIdDependencies): void {
  app.get(
    "/model-ids",
    {
      config: { permission: "models:read" },
      schema: {
        summary: "Ids of the models that can be chosen",
        description: "A customer is told what the API would list; operators also what only has a price or settings.",
        response: { 200: modelIdsSchema },
      },
    },
    async ({ actor }) => {
      const isCustomer = actor.accounts !== null;
      const [workers, models, priced] = await Promise.all([
        readWorkers(),
        createModelStore({ db }).listModels(modelsMax),
        isCustomer ? [] : createPriceStore({ db }).listPricedModels(modelsMax),
      ]);
      const served = new Set(
        workers.flatMap(({ runners }) => runners.flatMap((runner) => runner.models.map(({ id }) => id))),
      );
      const set = models.filter(({ alwaysListed }) => alwaysListed || !isCustomer).map(({ id }) => id);
      const known = new Set([...served, ...set, ...priced]);
      return { items: [...known].toSorted().map((id) => ({ id, isServed: served.has(id) })) };
    },
  );
}
