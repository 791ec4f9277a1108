/** How long `tera up` waits for the first answer, and what it says meanwhile. */
import type { RunnerStatus } from "@tera/protocol";
import type { RunnerChoice } from "./flags.ts";
import type { Progress } from "./progress.ts";
import { describeRunners, type RunnerWatch } from "./runner-watch.ts";

const minuteMs = 60_000;
const bundledMs = 2 * minuteMs;
/** An engine that is starting loads its weights for minutes. */
const engineMs = 10 * minuteMs;
/** A model that is being downloaded first. */
const downloadMs = 6 * 60 * minuteMs;
/** A model that failed to load twice will not load the third time: a wrong file, too little memory. An engine that cannot be reached may be starting. */
const loadFailuresMax = 2;

/** @returns what `untilFirstAnswer` asks: a reason to give up, or undefined. */
export function createPatience(
  choices: readonly RunnerChoice[],
  watch: RunnerWatch,
  progress: Progress,
): (lastProblem: string) => Promise<string | undefined> {
  const startedAt = performance.now();
  const limitMs = patienceMs(choices);
  const loads = createLoadCounter();
  return async (lastProblem) => {
    const runners = await watch.read().catch((): RunnerStatus[] => []);
    const problem = describeRunners(runners) ?? lastProblem;
    progress.update(`waiting for the first answer (${problem})`);
    if (runners.length > 0 && runners.every((runner) => runner.state === "stopped")) {
      return `No runner came up. ${problem}`;
    }
    const failed = loads.count(runners);
    if (failed) return `The model could not be loaded: ${failed.reason ?? "its engine ended"}`;
    if (performance.now() - startedAt < limitMs) return undefined;
    return `No model answered within ${limitMs / minuteMs} minutes. The last problem: ${problem}`;
  };
}

/** Counts how often each llama runner fell into `unhealthy`, and returns the one that did so too often. */
function createLoadCounter(): { count(runners: readonly RunnerStatus[]): RunnerStatus | undefined } {
  const failures = new Map<string, number>();
  const unhealthy = new Set<string>();
  return {
    count(runners) {
      for (const { id, kind, state } of runners) {
        if (kind !== "llama" || state !== "unhealthy") unhealthy.delete(id);
        else if (!unhealthy.has(id)) {
          unhealthy.add(id);
          failures.set(id, (failures.get(id) ?? 0) + 1);
        }
      }
      return runners.find((runner) => (failures.get(runner.id) ?? 0) >= loadFailuresMax);
    },
  };
}

function patienceMs(choices: readonly RunnerChoice[]): number {
  if (choices.some((choice) => choice.kind === "llama" && choice.model.startsWith("hf:"))) return downloadMs;
  if (choices.some((choice) => choice.kind === "http" || choice.name === undefined)) return engineMs;
  return bundledMs;
}
