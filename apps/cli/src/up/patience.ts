/**
 * How long `tera up` waits for the first answer, and what it says meanwhile.
 *
 * What counts is the time in which nothing new was heard: an engine that loads, compiles and warms up tells of its steps, each may take minutes, and none
 * of them is a reason to give up. States that alternate (ejected, tried, ejected) are nothing new.
 */
import type { RunnerStatus } from "@tera/protocol";
import type { RunnerChoice } from "./flags.ts";
import type { Progress } from "./progress.ts";
import { describeRunners, type RunnerWatch } from "./runner-watch.ts";

const minuteMs = 60_000;
const bundledMs = 2 * minuteMs;
/** An engine that is starting loads its weights for minutes. */
const engineMs = 10 * minuteMs;
/** The first generation compiles graphs and kernels, and tells nothing of it. */
const warmingMs = 30 * minuteMs;
/** A model that is being downloaded first; also the longest wait of all. */
const downloadMs = 6 * 60 * minuteMs;
/** A model that failed to load twice will not load the third time: a wrong file, too little memory. An engine that cannot be reached may be starting. */
const loadFailuresMax = 2;

/** @returns what `untilFirstAnswer` asks: a reason to give up, or undefined. */
export function createPatience(
  choices: readonly RunnerChoice[],
  watch: Pick<RunnerWatch, "read">,
  progress: Pick<Progress, "update">,
  now: () => number = () => performance.now(),
): (lastProblem: string) => Promise<string | undefined> {
  const startedAt = now();
  const limitMs = patienceMs(choices);
  const loads = createLoadCounter();
  const heard = new Set<string>();
  let lastNewsAt = startedAt;
  return async (lastProblem) => {
    const runners = await watch.read().catch((): RunnerStatus[] => []);
    const problem = describeRunners(runners) ?? lastProblem;
    progress.update(`waiting for the first answer (${problem})`);
    if (runners.length > 0 && runners.every((runner) => runner.state === "stopped")) {
      return `No runner came up. ${problem}`;
    }
    const failed = loads.count(runners);
    if (failed) return `The model could not be loaded: ${failed.reason ?? "its engine ended"}`;
    if (!heard.has(problem)) {
      heard.add(problem);
      lastNewsAt = now();
    }
    const isWarming = runners.some((runner) => runner.state === "warming");
    const silenceMs = isWarming ? Math.max(limitMs, warmingMs) : limitMs;
    if (now() - lastNewsAt < silenceMs && now() - startedAt < downloadMs) return undefined;
    const minutes = Math.round((now() - startedAt) / minuteMs);
    return `No model answered within ${minutes} minutes. The last problem: ${problem}`;
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
  const isBundled =
    choices.length > 0 && choices.every((choice) => choice.kind === "llama" && choice.name !== undefined);
  return isBundled ? bundledMs : engineMs;
}
