/** What the operator says of models, through an Admin API. It tells the gateways itself. */
import { fieldsSet, type ModelField, type ModelSettings, type ModelStore, unsetModel } from "@tera/access";
import {
  type ModelDetails,
  modelDetailsSchema,
  modelPageSchema,
  type modelSchema,
  type Model as RemoteModel,
} from "@tera/admin-api/models";
import type { Model } from "@tera/database";
import { CliError } from "../terminal/cli-error.ts";
import type { AdminClient } from "./admin-client.ts";

export function createRemoteModels(client: AdminClient): ModelStore {
  const pathOf = (id: string) => `/models/${encodeURIComponent(id)}`;

  const setModel: ModelStore["setModel"] = async (id, change) => {
    const found = await client.send("PATCH", modelDetailsSchema.nullable(), pathOf(id), change);
    return found === null ? undefined : toModel(id, settingsOf(found));
  };

  return {
    async listModels(limit) {
      const listed = await client.list<typeof modelSchema>(modelPageSchema, "/models", {}, limit);
      return listed.flatMap((model) => toModel(model.id, settingsSeen(model)) ?? []);
    },
    async findModel(id) {
      const found = await client.find(modelDetailsSchema, pathOf(id));
      return found && toModel(id, settingsOf(found));
    },
    setModel,
    unsetModel: (id, fields) => setModel(id, Object.fromEntries(fields.map((field) => [field, unsetModel[field]]))),
  };
}

/** Undefined: nothing is set of it. When that was said is not told. */
function toModel(id: string, settings: ModelSettings): Model | undefined {
  const unknown = new Date(0);
  return fieldsSet(settings).length === 0 ? undefined : { id, ...settings, createdAt: unknown, updatedAt: unknown };
}

function settingsOf({ origin }: ModelDetails): ModelSettings {
  if (origin !== null) return origin.settings;
  throw new CliError("What is set of models is not told to customers: use a token of the operator's.");
}

/** What is set is what clients see. */
function settingsSeen(model: RemoteModel): ModelSettings {
  const set: readonly ModelField[] = model.operation?.set ?? [];
  const seen = Object.entries({ ...model, alwaysListed: true }).filter(([name]) => set.some((field) => field === name));
  return { ...unsetModel, ...Object.fromEntries(seen) };
}
