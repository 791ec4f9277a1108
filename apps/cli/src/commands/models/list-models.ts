/** `tera models list`: what can be asked for right now, and what the operator says of it. */
import type { ModelField, ModelProfile } from "@tera/access";
import type { Model } from "@tera/database";
import { z } from "zod";
import { type FoundStack, findStack } from "../../stack/find-stack.ts";
import { readWorkers, withModelStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { type Column, renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { fieldNames } from "./model-fields.ts";
import { findServings, replicasOf, type Serving } from "./serving.ts";

export const listOptions = z.object({ json: z.boolean().optional(), dataDir: z.string().optional() });

/** A list longer than this is cut. */
export const listMax = 10_000;

interface ListedModel {
  id: string;
  name: string;
  /** Tokens; null: nobody says. */
  contextLength: number | null;
  features: readonly string[];
  /** Shown by GET /v1/models now. */
  listed: boolean;
  /** Runners that serve it, and those of them that take requests now. */
  runners: number;
  runnersReady: number;
  /** Slots of the ready ones, shared with the other models of the same runner, and those in use. */
  slots: number;
  busy: number;
  /** What the operator set. */
  set: ModelField[];
}

export async function listModels(options: z.infer<typeof listOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const stack = await findStack({ ...context, dataDir: options.dataDir });
  const workers = await readWorkers(stack);
  const models = await collectModels(findServings(workers), await readSettings(stack, context));
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
  const setByHand: Column<ListedModel> = {
    header: "SET BY HAND",
    value: ({ set }) => set.map((field) => fieldNames[field]).join(", "),
    widthMin: 11,
  };
  const table = renderTable<ListedModel>(
    [
      { header: "MODEL", value: ({ id }) => id, widthMin: 24 },
      { header: "READY", value: ({ runners, runnersReady }) => `${runnersReady}/${runners}` },
      { header: "BUSY", value: ({ busy, slots }) => `${busy}/${slots}` },
      { header: "CONTEXT", value: ({ contextLength }) => contextLength?.toString() ?? "unknown" },
      { header: "FEATURES", value: ({ features }) => features.join(", "), widthMin: 8 },
      ...(models.some(({ set }) => set.length > 0) ? [setByHand] : []),
    ],
    models,
    terminal.columns,
  );
  terminal.print(table);
}

/** What the workers report can be listed without Postgres: a machine beside a GPU has none. */
async function readSettings(stack: FoundStack, { terminal }: CommandContext): Promise<Model[]> {
  try {
    return await withModelStore(stack, (store) => store.listModels(listMax));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    terminal.note(`What was set by hand is not shown: ${error.message}`);
    return [];
  }
}

async function collectModels(
  servings: ReadonlyMap<string, Serving[]>,
  models: readonly Model[],
): Promise<ListedModel[]> {
  const { describeModel, fieldsSet } = await import("@tera/access");
  const settingsById = new Map(models.map((model) => [model.id, model]));
  return [...new Set([...servings.keys(), ...settingsById.keys()])].sort().map((id) => {
    const own = servings.get(id) ?? [];
    const settings = settingsById.get(id);
    const profile = describeModel(id, replicasOf(own), settings);
    return toListed(profile, own, settings === undefined ? [] : fieldsSet(settings));
  });
}

function toListed(profile: ModelProfile, servings: readonly Serving[], set: ModelField[]): ListedModel {
  const ready = servings.filter(({ slots }) => slots > 0);
  return {
    id: profile.id,
    name: profile.name,
    contextLength: profile.contextLength,
    features: profile.features,
    listed: ready.length > 0 || profile.alwaysListed,
    runners: servings.length,
    runnersReady: ready.length,
    slots: ready.reduce((total, { slots }) => total + slots, 0),
    busy: ready.reduce((total, { runner }) => total + runner.busy, 0),
    set,
  };
}
