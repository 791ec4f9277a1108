/** Decides what the worker serves: what the flags name; else the engines that answer on local ports; else the bundled model. */
import { type LocalEngine, lookForEngines } from "../engines/look-for-engines.ts";
import type { RunnerChoice, UpFlags } from "./flags.ts";

export interface WorkerPlan {
  /** Named in the worker's file. */
  runners: readonly RunnerChoice[];
  /** The worker watches the usual local ports for engines, or these. */
  discover: boolean | readonly number[];
  /** Found, and to be attached by the worker. */
  engines: readonly LocalEngine[];
  /** Found, but without a model to offer: attached when they have one. */
  idleEngines: readonly LocalEngine[];
}

/** @param ports to look at; undefined: the usual ones. */
export async function planWorker(
  { discover, runners }: Pick<UpFlags, "discover" | "runners">,
  ports: readonly number[] | undefined,
): Promise<WorkerPlan> {
  if (!discover) return { runners, discover: false, engines: [], idleEngines: [] };
  const found = (await lookForEngines(ports)).filter((port) => port.kind === "engine");
  const engines = found.filter(({ models }) => models.length > 0);
  const idleEngines = found.filter(({ models }) => models.length === 0);
  return { runners: engines.length > 0 ? [] : runners, discover: ports ?? true, engines, idleEngines };
}

/** `tera up --no-runner`. */
export function needsWorker({ runners, discover }: WorkerPlan): boolean {
  return runners.length > 0 || discover !== false;
}
