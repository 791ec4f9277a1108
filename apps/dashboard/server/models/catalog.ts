/** The catalog as the Admin API tells it: what the workers report, what the operator set, prices, and how much it is used. */
import { createModelStore, describeModel, fieldsSet, type ModelProfile, unsetModel } from "@tera/access";
import type { Model, ModelDetails, ModelPrice, ModelProfile as ProfileAnswer } from "@tera/admin-api/models";
import type { Db, Model as ModelRow, Price } from "@tera/database";
import { createUsageReports, formatUsd, formatUsdPerMillion, readPricesInForce } from "@tera/metering";
import { findServings, replicasOf, type Serving, type WorkerState } from "@tera/protocol";

/** More than that are not looked at. */
const modelsMax = 10_000;

export interface CatalogDependencies {
  db: Db;
  /** The workers that are connected now. */
  readWorkers(): Promise<WorkerState[]>;
}

/** A model with everything that is known of it. */
interface Entry {
  id: string;
  profile: ModelProfile;
  servings: readonly Serving[];
  settings: ModelRow | undefined;
}

/**
 * Every model, by id.
 * @param forOperator else only what customers may see: what is listed, and nothing of where it runs.
 */
export async function readCatalog(
  { db, readWorkers }: CatalogDependencies,
  { forOperator }: { forOperator: boolean },
): Promise<Model[]> {
  const [workers, rows, requests] = await Promise.all([
    readWorkers(),
    createModelStore({ db }).listModels(modelsMax),
    forOperator ? readRequestsToday(db) : new Map<string, number>(),
  ]);
  const servings = findServings(workers);
  const settings = new Map(rows.map((row) => [row.id, row]));
  const ids = [...new Set([...servings.keys(), ...settings.keys()])].sort().slice(0, modelsMax);
  const prices = await readPricesInForce(db, ids);
  return ids
    .map((id) => toEntry(id, servings.get(id) ?? [], settings.get(id)))
    .map((entry) => toModel(entry, prices.get(entry.id), forOperator ? (requests.get(entry.id) ?? 0) : undefined))
    .filter(({ listed }) => listed || forOperator);
}

/** @returns undefined: no runner names it, and nothing is set of it; or it is not for this reader. */
export async function readModel(
  { db, readWorkers }: CatalogDependencies,
  id: string,
  { forOperator }: { forOperator: boolean },
): Promise<ModelDetails | undefined> {
  const [workers, row, prices, requests] = await Promise.all([
    readWorkers(),
    createModelStore({ db }).findModel(id),
    readPricesInForce(db, [id]),
    forOperator ? readRequestsToday(db, id) : undefined,
  ]);
  const servings = findServings(workers).get(id) ?? [];
  if (row === undefined && servings.length === 0) return undefined;
  const model = toModel(toEntry(id, servings, row), prices.get(id), requests && (requests.get(id) ?? 0));
  if (!forOperator) return model.listed ? { ...model, origin: null } : undefined;
  const { id: _, createdAt, updatedAt, ...settings } = row ?? { ...unsetModel, id, createdAt: null, updatedAt: null };
  const fromRunners = servings.length === 0 ? null : describeModel(id, replicasOf(servings), undefined);
  return {
    ...model,
    origin: {
      fromRunners: fromRunners && toProfile(fromRunners),
      settings,
      servings: servings.map((serving) => toServing(serving, workers)),
    },
  };
}

/** Since midnight UTC, by model. */
async function readRequestsToday(db: Db, model?: string): Promise<Map<string, number>> {
  const now = new Date();
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  const sums = await createUsageReports({ db }).summarize({ from, model }, "model", modelsMax);
  return new Map(sums.map(({ group, requests }) => [group, requests]));
}

function toEntry(id: string, servings: readonly Serving[], settings: ModelRow | undefined): Entry {
  return { id, servings, settings, profile: describeModel(id, replicasOf(servings), settings) };
}

function toModel(entry: Entry, price: Price | undefined, requestsToday: number | undefined): Model {
  const { id, profile, servings, settings } = entry;
  const ready = servings.filter(({ slots }) => slots > 0);
  return {
    id,
    ...toProfile(profile),
    state: ready.length > 0 ? "served" : "away",
    listed: ready.length > 0 || profile.alwaysListed,
    price: price === undefined ? null : toPrice(price),
    operation:
      requestsToday === undefined
        ? null
        : {
            runners: servings.length,
            runnersReady: ready.length,
            slots: ready.reduce((total, { slots }) => total + slots, 0),
            busy: ready.reduce((total, { runner }) => total + runner.busy, 0),
            requestsToday,
            set: settings === undefined ? [] : fieldsSet(settings),
          },
  };
}

function toProfile({ id: _, alwaysListed: __, ...profile }: ModelProfile): ProfileAnswer {
  return {
    ...profile,
    aliases: [...profile.aliases],
    inputModalities: [...profile.inputModalities],
    outputModalities: [...profile.outputModalities],
    features: [...profile.features],
    samplingParameters: [...profile.samplingParameters],
  };
}

function toPrice(price: Price): ModelPrice {
  return {
    free: price.isFree,
    input: formatUsdPerMillion(price.inputNano),
    output: formatUsdPerMillion(price.outputNano),
    cacheRead: formatUsdPerMillion(price.cacheReadNano),
    perMillionCharacters: formatUsdPerMillion(price.characterNano),
    request: formatUsd(price.requestNano),
  };
}

function toServing({ workerId, runner, model, slots }: Serving, workers: readonly WorkerState[]) {
  return {
    workerId,
    runnerId: runner.id,
    engine: runner.engine,
    engineVersion: runner.engineVersion ?? null,
    state: runner.state,
    draining: workers.some((worker) => worker.workerId === workerId && worker.draining),
    slots,
    busy: runner.busy,
    contextLength: model.contextLength ?? null,
    quantization: model.quantization ?? null,
    features: model.features,
  };
}
