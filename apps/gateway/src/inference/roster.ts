/**
 * Who serves what right now: the gateway's picture of workers, runners and models, read from the heartbeats.
 *
 * A worker counts as lost when it is missing from readings for `lostAfterMs`: one reading without it may only mean that Redis came back empty
 * a moment ago. While Redis is away the last picture stays.
 */
import { openSlots, type RunnerStatus, replicaName, type ServedModel, type WorkerState } from "@tera/protocol";

const refreshEveryMs = 500;
const lostAfterMs = 1_500;
/** An engine that is ejected, or a worker that starts again, is mostly back before. */
const awayAfterMs = 10_000;
/** For workers and models alike. */
const forgottenAfterMs = 600_000;

export interface ModelEntry {
  /** What each ready replica says of the model; while none is ready, what those said that were last. */
  replicas: readonly ServedModel[];
  /** Slots of all ready runners that serve it; 0 when none is ready. */
  readySlots: number;
}

export interface Roster {
  /** Undefined: no worker names this model, or has in the last ten minutes. */
  find(model: string): ModelEntry | undefined;
  /** Every model that a worker names, or has in the last ten minutes. */
  modelIds(): Iterable<string>;
  /** True until a first worker has been seen, and when all of them are gone. */
  readonly empty: boolean;
  isLost(workerId: string): boolean;
  /** True when no replica of the model took requests in the last ten seconds: what waits for one need not wait longer. */
  isAway(model: string): boolean;
  /** A worker with a replica of the model that is none of `avoid`, preferably the one with the most free slots. */
  findWorker(model: string, avoid: readonly string[]): string | undefined;
  /** The one listener: called when the picture was renewed. There may be new slots. */
  onChange(listener: () => void): void;
  /** Reads again now. */
  refresh(): Promise<void>;
  stop(): void;
}

export interface RosterOptions {
  readWorkerStates(): Promise<WorkerState[]>;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

export async function startRoster({ readWorkerStates, now = Date.now }: RosterOptions): Promise<Roster> {
  let models = new Map<string, ModelEntry>();
  let workers: readonly WorkerState[] = [];
  let onChange: () => void = () => undefined;
  const lastSeenMs = new Map<string, number>();
  const modelTimes = new Map<string, { namedMs: number; readyMs: number }>();
  /** Of the last reading that succeeded. */
  let readMs = now();

  async function refresh(): Promise<void> {
    let states: WorkerState[];
    try {
      states = await readWorkerStates();
    } catch {
      // Redis is away: the last picture stays.
      return;
    }
    skipTimeWithoutReadings();
    for (const state of states) lastSeenMs.set(state.workerId, now());
    // Long enough for every exchange to hear of it; then the map must not keep it.
    for (const [workerId, seenMs] of lastSeenMs) if (now() - seenMs > forgottenAfterMs) lastSeenMs.delete(workerId);
    workers = states;
    models = merge(models, states);
    noteModels(
      new Set(states.flatMap(({ runners }) => runners.flatMap((runner) => runner.models.map(({ id }) => id)))),
    );
    onChange();
  }

  /** While Redis was away, or this process stood still, no worker and no model was absent. */
  function skipTimeWithoutReadings(): void {
    const sinceMs = now() - readMs;
    readMs = now();
    if (sinceMs < lostAfterMs) return;
    for (const [workerId, seenMs] of lastSeenMs) lastSeenMs.set(workerId, seenMs + sinceMs);
    for (const times of modelTimes.values()) {
      times.namedMs += sinceMs;
      times.readyMs += sinceMs;
    }
  }

  /** An engine that loads again is away for minutes; what nobody names for longer is offered no more. */
  function noteModels(named: ReadonlySet<string>): void {
    for (const id of named)
      modelTimes.set(id, { namedMs: now(), readyMs: modelTimes.get(id)?.readyMs ?? Number.NEGATIVE_INFINITY });
    for (const [id, times] of modelTimes) {
      if ((models.get(id)?.readySlots ?? 0) > 0) times.readyMs = now();
      if (now() - times.namedMs <= forgottenAfterMs) continue;
      modelTimes.delete(id);
      models.delete(id);
    }
  }

  function findWorker(model: string, avoid: readonly string[]): string | undefined {
    let found: { workerId: string; free: number } | undefined;
    for (const { workerId, draining, runners } of workers) {
      if (draining || isLost(workerId)) continue;
      for (const runner of runners) {
        if (avoid.includes(replicaName(workerId, runner.id)) || !serves(runner, model)) continue;
        const free = openSlots(runner) - runner.busy;
        if (openSlots(runner) > 0 && (found === undefined || free > found.free)) found = { workerId, free };
      }
    }
    return found?.workerId;
  }

  function isLost(workerId: string): boolean {
    const seenMs = lastSeenMs.get(workerId);
    // Without a reading for a while nobody's silence means anything.
    const knownMs = now() - readMs < lostAfterMs ? now() : readMs;
    return seenMs !== undefined && knownMs - seenMs > lostAfterMs;
  }

  const timer = setInterval(refresh, refreshEveryMs);
  await refresh();

  return {
    find: (model) => models.get(model),
    modelIds: () => models.keys(),
    get empty() {
      return ![...lastSeenMs.keys()].some((workerId) => !isLost(workerId));
    },
    isLost,
    isAway: (model) => readMs - (modelTimes.get(model)?.readyMs ?? Number.NEGATIVE_INFINITY) > awayAfterMs,
    findWorker,
    onChange(listener) {
      onChange = listener;
    },
    refresh,
    stop: () => clearInterval(timer),
  };
}

function serves(runner: RunnerStatus, model: string): boolean {
  return runner.models.some(({ id }) => id === model);
}

/** Models that nobody names any more are remembered for a while, without slots: their requests get a 503 that says so, not a 404. */
function merge(before: ReadonlyMap<string, ModelEntry>, states: readonly WorkerState[]): Map<string, ModelEntry> {
  const models = new Map<string, ModelEntry>();
  for (const [id, { replicas }] of before) models.set(id, { replicas, readySlots: 0 });
  for (const state of states) {
    for (const runner of state.runners) {
      const slots = state.draining ? 0 : openSlots(runner);
      for (const model of runner.models) {
        const { replicas = [], readySlots = 0 } = models.get(model.id) ?? {};
        const others = readySlots > 0 ? replicas : [];
        models.set(model.id, { replicas: slots > 0 ? [...others, model] : replicas, readySlots: readySlots + slots });
      }
    }
  }
  return models;
}
