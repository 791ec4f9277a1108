/** `tera models list`: what can be asked for right now, and what the operator says of it. */

import type { ModelField, ModelProfile } from "@tera/access";
import type { Model } from "@tera/database";
import { findServings, replicasOf, type Serving } from "@tera/protocol";
import { z } from "zod";
import { type FoundStack, findInstallation, type RemoteStack } from "../../stack/find-stack.ts";
import { readWorkers, withModelStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { type Column, renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { describePrice, type PriceJson, toPriceJson } from "../prices/price-text.ts";
import { fieldNames } from "./model-fields.ts";

export const listOptions = z.object({
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

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
  /** In force now; null: it has none. Undefined: the price book cannot be read. */
  price: PriceJson | null | undefined;
  /** What the operator set. */
  set: ModelField[];
}

export async function listModels(options: z.infer<typeof listOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const workers = await readWorkers(stack);
  const models = await collectModels(findServings(workers), await readDatabase(stack, context));
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
  const priceColumn: Column<ListedModel> = {
    header: "PRICE",
    value: ({ price }) => (price === null || price === undefined ? "unpriced" : describePrice(price)),
    widthMin: 16,
  };
  const table = renderTable<ListedModel>(
    [
      { header: "MODEL", value: ({ id }) => id, widthMin: 24 },
      { header: "READY", value: ({ runners, runnersReady }) => `${runnersReady}/${runners}` },
      { header: "BUSY", value: ({ busy, slots }) => `${busy}/${slots}` },
      { header: "CONTEXT", value: ({ contextLength }) => contextLength?.toString() ?? "unknown" },
      ...(models.some(({ price }) => price !== undefined) ? [priceColumn] : []),
      { header: "FEATURES", value: ({ features }) => features.join(", "), widthMin: 8 },
      ...(models.some(({ set }) => set.length > 0) ? [setByHand] : []),
    ],
    models,
    terminal.columns,
  );
  terminal.print(table);
}

/** What Postgres says: the operator's word, and the prices that are in force. */
interface DatabaseWord {
  settings: readonly Model[];
  /** Undefined: it cannot be read. */
  priceOf: ((model: string) => PriceJson | null) | undefined;
}

/** What the workers report can be listed without Postgres: a machine beside a GPU has none. */
async function readDatabase(stack: FoundStack | RemoteStack, { terminal }: CommandContext): Promise<DatabaseWord> {
  try {
    const metering = await import("@tera/metering");
    return await withModelStore(stack, async (store, prices) => {
      const settings = await store.listModels(listMax);
      const inForce = await prices.inForce();
      const priceOf = (model: string) => {
        const price = inForce.get(model);
        return price === undefined ? null : toPriceJson(price, metering);
      };
      return { settings, priceOf };
    });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    terminal.note(`What was set by hand, and the prices, are not shown: ${error.message}`);
    return { settings: [], priceOf: undefined };
  }
}

async function collectModels(
  servings: ReadonlyMap<string, Serving[]>,
  { settings: models, priceOf }: DatabaseWord,
): Promise<ListedModel[]> {
  const { describeModel, fieldsSet } = await import("@tera/access");
  const settingsById = new Map(models.map((model) => [model.id, model]));
  return [...new Set([...servings.keys(), ...settingsById.keys()])].sort().map((id) => {
    const own = servings.get(id) ?? [];
    const settings = settingsById.get(id);
    const profile = describeModel(id, replicasOf(own), settings);
    const set = settings === undefined ? [] : fieldsSet(settings);
    return { ...toListed(profile, own), price: priceOf?.(id), set };
  });
}

function toListed(profile: ModelProfile, servings: readonly Serving[]): Omit<ListedModel, "price" | "set"> {
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
  };
}
