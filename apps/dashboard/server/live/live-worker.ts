/** A worker's heartbeat as the Admin API tells it. */

import type { LiveWorker } from "@tera/admin-api/workers";
import { hasAction, openSlots, type RunnerAction, type RunnerStatus, type WorkerState } from "@tera/protocol";
import type { LiveSnapshot } from "../../api/live.ts";

export function toLiveWorker({ workerId, host, startedAtMs, draining, runners, gpus }: WorkerState): LiveWorker {
  return {
    id: workerId,
    host,
    startedAt: new Date(startedAtMs).toISOString(),
    draining,
    runners: runners.map(({ engineVersion, address, reason, models, tokensPerS, ...runner }) => ({
      ...runner,
      engineVersion: engineVersion ?? null,
      address: address ?? null,
      reason: reason ?? null,
      models: models.map(({ id }) => id),
      tokensPerS: tokensPerS ?? null,
      actions: actionsOf(runner),
    })),
    gpus: gpus.map(({ index, name, ...readings }) => ({
      index,
      name,
      memoryUsedMiB: readings.memoryUsedMiB ?? null,
      memoryTotalMiB: readings.memoryTotalMiB ?? null,
      utilizationPercent: readings.utilizationPercent ?? null,
      powerW: readings.powerW ?? null,
      temperatureC: readings.temperatureC ?? null,
    })),
  };
}

/** Of runners that take jobs: those of a draining worker do not. */
export function toSlots(states: readonly WorkerState[]): LiveSnapshot["slots"] {
  const runners = states.flatMap((state) => (state.draining ? [] : state.runners));
  return {
    busy: runners.reduce((sum, { busy }) => sum + busy, 0),
    total: runners.reduce((sum, runner) => sum + openSlots(runner), 0),
  };
}

/** What changes something in the state that it is in. */
function actionsOf({ kind, state }: Pick<RunnerStatus, "kind" | "state">): RunnerAction[] {
  if (state === "unloaded") return ["load"];
  const actions: RunnerAction[] = [state === "drained" ? "resume" : "drain", "restart", "unload"];
  return actions.filter((action) => hasAction(kind, action));
}
