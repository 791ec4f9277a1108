/** `/admin/api/models` */
import { AliasTakenError, createModelStore } from "@tera/access";
import {
  type Model,
  type ModelDetails,
  modelChangeSchema,
  modelDetailsSchema,
  modelIdLengthMax,
  modelListQuery,
  modelPageSchema,
} from "@tera/admin-api/models";
import type { Model as ModelRow } from "@tera/database";
import type { Invalidation } from "@tera/queue";
import { z } from "zod";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";
import { type CatalogDependencies, readCatalog, readModel } from "../models/catalog.ts";

export interface ModelDependencies extends CatalogDependencies {
  change: Change;
  tellGateways(message: Invalidation): Promise<void>;
}

/** Ids have a slash, which is percent-encoded in a path. */
const idParams = z.object({
  modelId: z
    .string()
    .max(modelIdLengthMax)
    .regex(/^[^\s\p{Cc}]+$/u, "must be a model's id: no spaces"),
});

export function registerModelRoutes(app: AdminApp, dependencies: ModelDependencies): void {
  const { change, tellGateways } = dependencies;

  app.get(
    "/models",
    {
      config: { permission: "models:read" },
      schema: {
        summary: "List models",
        description: "A customer is told what the API lists, and nothing of where it runs.",
        querystring: modelListQuery,
        response: { 200: modelPageSchema },
      },
    },
    async ({ query: { page, pageSize, search, sort, state, price }, actor }) => {
      const words = search?.toLowerCase();
      const matching = (await readCatalog(dependencies, { forOperator: actor.accounts === null }))
        .filter(({ id, name }) => words === undefined || `${id}\n${name}`.toLowerCase().includes(words))
        .filter((model) => state === undefined || model.state === state)
        .filter((model) => price === undefined || (model.price !== null) === (price === "priced"));
      const items = matching.toSorted(orders[sort]).slice((page - 1) * pageSize, page * pageSize);
      return { items, total: matching.length };
    },
  );

  app.get(
    "/models/:modelId",
    {
      config: { permission: "models:read" },
      schema: {
        summary: "One model",
        description: "The slash in its id is percent-encoded: `Qwen%2FQwen2.5-7B-Instruct`.",
        params: idParams,
        response: { 200: modelDetailsSchema },
      },
    },
    async ({ params, actor }) => mustRead(params.modelId, actor.accounts === null),
  );

  app.patch(
    "/models/:modelId",
    {
      config: { permission: "models:write" },
      schema: {
        summary: "Say something of a model over what its runners say",
        description:
          "In effect everywhere within a second. Null gives a field back to the runners; a model that no runner names yet can be described too.",
        params: idParams,
        body: modelChangeSchema,
        response: { 200: modelDetailsSchema.nullable() },
      },
    },
    async ({ params: { modelId }, body, actor }) => {
      await change(actor, async (tx) => {
        const store = createModelStore({ db: tx });
        const before = await store.findModel(modelId);
        const { contextLength = null, maxOutputLength = null } = { ...before, ...body };
        requireLengthsThatFit(contextLength, maxOutputLength);
        const after = await store.setModel(modelId, body).catch(sayTaken);
        const subject = { objectKind: "model", objectId: modelId, objectName: modelId };
        const entry = { action: "model.change", ...subject, before: settingsOf(before), after: settingsOf(after) };
        return { answer: undefined, entry: Object.keys(body).length === 0 ? undefined : entry };
      });
      await tellGateways({ type: "catalog" });
      // Nothing is set of it any more, and no runner names it: it is gone.
      return (await readModel(dependencies, modelId, { forOperator: true })) ?? null;
    },
  );

  async function mustRead(id: string, forOperator: boolean): Promise<ModelDetails> {
    const found = await readModel(dependencies, id, { forOperator });
    if (found === undefined) throw notFound("model");
    return found;
  }
}

/** What the audit log keeps of it. */
function settingsOf(row: ModelRow | undefined): object | undefined {
  if (row === undefined) return undefined;
  const { createdAt, updatedAt, ...settings } = row;
  return settings;
}

type Order = (a: Model, b: Model) => number;
const byId: Order = (a, b) => a.id.localeCompare(b.id, "en");
const byContext: Order = (a, b) => (a.contextLength ?? 0) - (b.contextLength ?? 0);
const byRequests: Order = (a, b) => (a.operation?.requestsToday ?? 0) - (b.operation?.requestsToday ?? 0);

const orders: Record<z.output<typeof modelListQuery>["sort"], Order> = {
  id: byId,
  "-id": (a, b) => byId(b, a),
  contextLength: (a, b) => byContext(a, b) || byId(a, b),
  "-contextLength": (a, b) => byContext(b, a) || byId(a, b),
  requestsToday: (a, b) => byRequests(a, b) || byId(a, b),
  "-requestsToday": (a, b) => byRequests(b, a) || byId(a, b),
};

/** Both as they will be: one may have been set before. */
function sayTaken(error: unknown): never {
  if (!(error instanceof AliasTakenError)) throw error;
  throw new AdminError("conflict", error.message, { fields: [{ path: "aliases", message: error.message }] });
}

function requireLengthsThatFit(contextLength: number | null, maxOutputLength: number | null): void {
  if (contextLength === null || maxOutputLength === null || maxOutputLength <= contextLength) return;
  const message = `does not fit into a context of ${contextLength} tokens`;
  throw new AdminError("invalid_request", `An answer of ${maxOutputLength} tokens ${message}.`, {
    fields: [{ path: "maxOutputLength", message }],
  });
}
