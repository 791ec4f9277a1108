/** Who serves a model, out of what the workers report. */
import { openSlots, type RunnerStatus, type ServedModel, type WorkerState } from "./worker-state.ts";

/** One runner that names a model. */
export interface Serving {
  readonly workerId: string;
  readonly runner: RunnerStatus;
  readonly model: ServedModel;
  /** Requests that it takes at once now; 0: none. */
  readonly slots: number;
}

export function findServings(workers: readonly WorkerState[]): Map<string, Serving[]> {
  const servings = workers.flatMap(({ workerId, draining, runners }) =>
    runners.flatMap((runner) =>
      runner.models.map((model) => ({ workerId, runner, model, slots: draining ? 0 : openSlots(runner) })),
    ),
  );
  return Map.groupBy(servings, ({ model }) => model.id);
}

/** What is said by those that a request can end up on; where there is none, by all that name the model. */
export function replicasOf(servings: readonly Serving[]): ServedModel[] {
  const ready = servings.filter(({ slots }) => slots > 0);
  return (ready.length > 0 ? ready : servings).map(({ model }) => model);
}
