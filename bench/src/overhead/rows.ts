/** From measurements to the rows of `bench overhead`. */
import { median, sum } from "../statistics.ts";
import type { TargetName } from "../targets/target.ts";
import type { LoadResult } from "./load.ts";

export interface Measurement {
  target: TargetName;
  clients: number;
  round: number;
  result: LoadResult;
}

export interface OverheadRow {
  target: TargetName;
  clients: number;
  /** Medians over the rounds. */
  p50Ms: number;
  p99Ms: number;
  /** Against `direct` in the same round; 0 for `direct` itself. Medians over the rounds. */
  addedP50Ms: number;
  addedP99Ms: number;
  requestsPerSecond: number;
  /** All that went wrong in all rounds. For Tera a lost or doubled usage record is one. */
  errors: number;
}

/** One row per target and number of clients, in the order in which they first appear. */
export function toOverheadRows(measurements: readonly Measurement[]): OverheadRow[] {
  const groups = Map.groupBy(measurements, ({ target, clients }) => `${target} ${clients}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { target, clients } = first;
    const results = group.map(({ result }) => result);
    const added = (read: (result: LoadResult) => number) =>
      median(group.map(({ round, result }) => read(result) - read(directOf(measurements, clients, round))));
    return {
      target,
      clients,
      p50Ms: median(results.map(({ p50Ms }) => p50Ms)),
      p99Ms: median(results.map(({ p99Ms }) => p99Ms)),
      addedP50Ms: added(({ p50Ms }) => p50Ms),
      addedP99Ms: added(({ p99Ms }) => p99Ms),
      requestsPerSecond: median(results.map(({ requestsPerSecond }) => requestsPerSecond)),
      errors: sum(results.map(({ errors }) => errors)),
    };
  });
}

function directOf(measurements: readonly Measurement[], clients: number, round: number): LoadResult {
  const direct = measurements.find(
    (each) => each.target === "direct" && each.clients === clients && each.round === round,
  );
  if (direct === undefined) throw new Error(`round ${round} with ${clients} clients has nothing to compare with`);
  return direct.result;
}
