/** The states of a runner in plain words. */
import type { LiveRunner, LiveRunnerState } from "@tera/admin-api/workers";

interface StateWords {
  color: string;
  label: string;
  /** When its worker does not say more. */
  about: string;
}

const words: Record<LiveRunnerState, StateWords> = {
  starting: {
    color: "blue",
    label: "Starting",
    about: "It is not able to answer yet. A large model takes minutes to load.",
  },
  warming: {
    color: "blue",
    label: "Warming up",
    about: "A first small generation is under way; it takes requests after that.",
  },
  ready: { color: "tera", label: "Ready", about: "It takes requests." },
  trial: {
    color: "yellow",
    label: "On trial",
    about: "It answers again, and gets one request at a time until one has succeeded.",
  },
  ejected: {
    color: "red",
    label: "Ejected",
    about: "Its generations failed. A small one is tried again every few seconds.",
  },
  unhealthy: {
    color: "red",
    label: "Unhealthy",
    about: "Its engine cannot be reached, or says that it is ill. It is tried again.",
  },
  drained: {
    color: "gray",
    label: "Drained",
    about: "Taken out by an operator: it finishes what it runs and takes nothing new.",
  },
  unloaded: { color: "gray", label: "Unloaded", about: "Its engine was stopped by an operator and holds no GPU." },
  stopped: { color: "gray", label: "Stopped", about: "It will not come back until its worker starts again." },
};

export function describeState({ state, reason, busy }: Pick<LiveRunner, "state" | "reason" | "busy">): StateWords {
  const { color, label, about } = words[state];
  if (state === "drained" && busy > 0) return { color, label: "Draining", about: reason ?? about };
  return { color, label, about: reason ?? about };
}

/** Models of this runner that no other takes requests for. */
export function servedByNobodyElse(
  runner: LiveRunner,
  workers: readonly { draining: boolean; runners: readonly LiveRunner[] }[],
): string[] {
  const others = workers
    .filter(({ draining }) => !draining)
    .flatMap(({ runners }) => runners)
    .filter((other) => other !== runner && (other.state === "ready" || other.state === "trial"));
  return runner.models.filter((model) => !others.some(({ models }) => models.includes(model)));
}
