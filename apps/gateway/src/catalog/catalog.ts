/**
 * The catalog: every model that clients may ask for, from the workers' heartbeats (the roster) and from Postgres (the operator's word).
 *
 * What Postgres said is kept in memory: read again when somebody says that it changed, and when it has expired. While Postgres is away the last
 * picture stays, and it is asked again every two seconds. What the two say together is worked out when it is asked for, and remembered until one
 * of them changes.
 */
import { describeModel, type ModelProfile, type ModelSettings, type ModelStore } from "@tera/access";
import { databaseReason, type Model } from "@tera/database";
import type { ServedModel } from "@tera/protocol";
import type { ModelEntry, Roster } from "../inference/roster.ts";

const expiresAfterMs = 60_000;
const retryAfterMs = 2_000;
/** Models that the operator can say something of; more are not read. */
const settingsMax = 10_000;

export interface CatalogEntry {
  readonly profile: ModelProfile;
  /** Epoch seconds, and never another again: when the operator described the model, else what its replicas said first. */
  readonly createdAtS: number;
  /** A replica takes requests now. */
  readonly ready: boolean;
  /** Shown in listings. */
  readonly listed: boolean;
  /** What the profile was made of: each replica's own word, and the operator's. */
  readonly replicas: readonly ServedModel[];
  readonly settings: ModelSettings | undefined;
}

export interface Catalog {
  /** Hot path. Undefined: no worker names this model, or has in the last ten minutes, and the operator says nothing of it. */
  find(model: string): CatalogEntry | undefined;
  /** Hot path. The model that clients mean who ask for this name: itself, where a worker serves one of that name; else the one that the operator gave the name to. */
  resolve(model: string): string;
  /** What is listed, by id. */
  list(): CatalogEntry[];
  /** Reads the operator's word again now. Never rejects. */
  refresh(): Promise<void>;
  stop(): void;
}

export interface CatalogOptions {
  roster: Pick<Roster, "find" | "modelIds">;
  modelStore: Pick<ModelStore, "listModels">;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

interface Remembered {
  readonly served: ModelEntry | undefined;
  readonly said: Model | undefined;
  readonly entry: CatalogEntry;
}

/** Resolves when Postgres was read, or could not be. */
export async function startCatalog({ roster, modelStore, log }: CatalogOptions): Promise<Catalog> {
  let said: ReadonlyMap<string, Model> = new Map();
  let aliases: ReadonlyMap<string, string> = new Map();
  const remembered = new Map<string, Remembered>();
  /** Epoch seconds by model, as first told. */
  const firstCreatedS = new Map<string, number>();
  let reading: Promise<void> | undefined;
  let readAgain = false;
  let postgresAway = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  function refresh(): Promise<void> {
    // What was read before the change may be what just changed.
    readAgain = true;
    reading ??= readUntilCurrent().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function readUntilCurrent(): Promise<void> {
    clearTimeout(timer);
    while (readAgain) {
      readAgain = false;
      await read();
    }
    if (!stopped) timer = setTimeout(refresh, postgresAway ? retryAfterMs : expiresAfterMs);
  }

  async function read(): Promise<void> {
    try {
      const models = await modelStore.listModels(settingsMax);
      said = new Map(models.map((model) => [model.id, model]));
      aliases = new Map(models.flatMap(({ id, aliases: names }) => (names ?? []).map((name) => [name, id] as const)));
      if (postgresAway) log.info({}, "the catalog is read again");
      postgresAway = false;
    } catch (error) {
      // One line per outage.
      if (!postgresAway)
        log.warn({ reason: databaseReason(error) }, "the catalog cannot be read; the last picture stays");
      postgresAway = true;
    }
  }

  function find(id: string): CatalogEntry | undefined {
    const served = roster.find(id);
    const word = said.get(id);
    if (served === undefined && word === undefined) return undefined;
    const before = remembered.get(id);
    if (before !== undefined && before.served === served && before.said === word) return before.entry;
    const entry = toEntry(id, served, word);
    remembered.set(id, { served, said: word, entry });
    return entry;
  }

  function toEntry(id: string, served: ModelEntry | undefined, settings: Model | undefined): CatalogEntry {
    const { replicas = [], readySlots = 0 } = served ?? {};
    const profile = describeModel(id, replicas, settings);
    const ready = readySlots > 0;
    const createdAtS =
      settings === undefined ? createdByReplicas(id, replicas) : Math.floor(settings.createdAt.getTime() / 1_000);
    return { profile, createdAtS, ready, listed: ready || profile.alwaysListed, replicas, settings };
  }

  /** A worker that starts again names another time: what was told first stays. */
  function createdByReplicas(id: string, replicas: readonly ServedModel[]): number {
    const first = firstCreatedS.get(id);
    if (first !== undefined || replicas.length === 0) return first ?? 0;
    const createdS = Math.min(...replicas.map(({ created }) => created));
    firstCreatedS.set(id, createdS);
    return createdS;
  }

  await refresh();

  return {
    find,
    resolve(model) {
      const meant = aliases.size === 0 ? undefined : aliases.get(model);
      return meant === undefined || roster.find(model) !== undefined ? model : meant;
    },
    list() {
      const ids = new Set([...roster.modelIds(), ...said.keys()]);
      return [...ids]
        .sort()
        .flatMap((id) => find(id) ?? [])
        .filter(({ listed }) => listed);
    },
    refresh,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
