/**
 * The worker's view of its runners: which models are served, how many slots are free, and who takes the next job.
 *
 * A slot is taken when a job is given out and freed when its generation has settled; nobody else counts.
 */
import type { RunnerStatus } from "@tera/protocol";
import type { Runner } from "./runner.ts";

export interface Supervisor {
  start(): void;
  /** Models with at least one ready runner. */
  readyModels(): Set<string>;
  freeSlots(model: string): number;
  /** A ready runner with a free slot, preferably none of `avoid`; its slot is taken. Undefined when there is none. */
  takeSlot(model: string, avoid: readonly string[]): TakenSlot | undefined;
  /** Resolves when a slot is freed or a runner changes, or when the signal fires. */
  changed(signal: AbortSignal): Promise<void>;
  /** Called whenever a runner's status changes. To be called by the runners' `onChange`. */
  notify(): void;
  statuses(): RunnerStatus[];
  stop(): Promise<void>;
}

export interface TakenSlot {
  runner: Runner;
  /** Idempotent. */
  free(): void;
}

export function createSupervisor(runners: readonly Runner[]): Supervisor {
  const taken = new Map<string, number>(runners.map((runner) => [runner.id, 0]));
  let waiting = new Set<() => void>();

  const takenOf = (runner: Runner) => taken.get(runner.id) ?? 0;

  function free(runner: Runner, model: string): number {
    const status = runner.status();
    if (status.state !== "ready" || !status.models.some((served) => served.id === model)) return 0;
    return Math.max(0, status.slots - takenOf(runner));
  }

  function notify(): void {
    const woken = waiting;
    waiting = new Set();
    for (const wake of woken) wake();
  }

  return {
    start() {
      for (const runner of runners) runner.start();
    },
    readyModels() {
      const ready = runners.map((runner) => runner.status()).filter((status) => status.state === "ready");
      return new Set(ready.flatMap((status) => status.models.map((model) => model.id)));
    },
    freeSlots(model) {
      return runners.reduce((sum, runner) => sum + free(runner, model), 0);
    },
    takeSlot(model, avoid) {
      const candidates = runners
        .map((runner) => ({ runner, free: free(runner, model), avoided: avoid.includes(runner.id) }))
        .filter((candidate) => candidate.free > 0)
        .sort((a, b) => Number(a.avoided) - Number(b.avoided) || b.free - a.free);
      const runner = candidates[0]?.runner;
      if (runner === undefined) return undefined;
      taken.set(runner.id, takenOf(runner) + 1);
      let held = true;
      return {
        runner,
        free() {
          if (!held) return;
          held = false;
          taken.set(runner.id, takenOf(runner) - 1);
          notify();
        },
      };
    },
    changed(signal) {
      return new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        if (signal.aborted) return resolve();
        waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    },
    notify,
    statuses: () => runners.map((runner) => ({ ...runner.status(), busy: takenOf(runner) })),
    async stop() {
      await Promise.allSettled(runners.map((runner) => runner.stop()));
    },
  };
}
