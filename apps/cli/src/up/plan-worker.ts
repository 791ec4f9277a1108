/** Decides what the worker serves: what the flags name; else the engines that answer on local ports; else the bundled model. */
import { type LocalEngine, type LocalPort, lookForEngines } from "../engines/look-for-engines.ts";
import type { RunnerChoice, UpFlags } from "./flags.ts";

export interface WorkerPlan {
  /** Named in the worker's file. */
  runners: readonly RunnerChoice[];
  /** The worker watches the usual local ports for engines, or these. */
  discover: boolean | readonly number[];
  /** Found, and to be attached by the worker. */
  engines: readonly LocalEngine[];
  /** What else answers there: engines without a model to offer, which are attached when they have one, and all that is no engine. */
  others: readonly Exclude<LocalPort, { kind: "nothing" }>[];
}

/** @param ports to look at; undefined: the usual ones. */
export async function planWorker(
  { discover, runners }: Pick<UpFlags, "discover" | "runners">,
  ports: readonly number[] | undefined,
): Promise<WorkerPlan> {
  if (!discover) return { runners, discover: false, engines: [], others: [] };
  const engines: LocalEngine[] = [];
  const others: WorkerPlan["others"][number][] = [];
  for (const found of await lookForEngines(ports)) {
    if (found.kind === "engine" && found.models.length > 0) engines.push(found);
    else if (found.kind !== "nothing") others.push(found);
  }
  return { runners: engines.length > 0 ? [] : runners, discover: ports ?? true, engines, others };
}

/** `tera up --no-runner`. */
export function needsWorker({ runners, discover }: WorkerPlan): boolean {
  return runners.length > 0 || discover !== false;
}
