/**
 * The parts of the running stack and their end. A part is starting, running or ended; nothing starts once the end has begun.
 *
 * The applications stop first, together: an open request needs both to come to its end, and both need the servers. Then the servers. Everything has a limit, so that the
 * whole takes less than five seconds; what is left then is killed.
 */
import { setTimeout as delay } from "node:timers/promises";
import { UpError } from "./up-error.ts";

export type Stage = "application" | "server";

const titles = {
  postgres: "Postgres",
  redis: "Redis",
  gateway: "The gateway",
  worker: "The worker",
  dashboard: "The dashboard",
};
export type PartName = keyof typeof titles;

export interface Part {
  readonly pid?: number;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null; lastLines: readonly string[] }>;
  stop(): Promise<void>;
}

export interface Parts {
  /** @throws what `begin` throws; an UpError when the end has begun. */
  start<P extends Part>(name: PartName, stage: Stage, begin: () => Promise<P>): Promise<P>;
  /** Rejects when a part ends that nobody stopped, with its name and last lines; never resolves. */
  readonly death: Promise<never>;
  /** Names and pids of those that run here. */
  pids(): Partial<Record<PartName, number>>;
  stop(): Promise<void>;
}

const stopWithinMs = 4_500;

export function createParts(): Parts {
  const running = new Map<PartName, { part: Part; stage: Stage }>();
  const starting = new Set<Promise<unknown>>();
  let ending = false;
  const { promise: death, reject: reportDeath } = Promise.withResolvers<never>();
  // Whoever stopped listening is not told.
  death.catch(() => undefined);

  async function stopStage(stage: Stage): Promise<void> {
    const parts = [...running.values()].filter((entry) => entry.stage === stage);
    await Promise.allSettled(parts.map(({ part }) => part.stop()));
  }

  async function stopAll(): Promise<void> {
    await Promise.allSettled(starting);
    await stopStage("application");
    await stopStage("server");
  }

  function pids(): Partial<Record<PartName, number>> {
    const entries = [...running].flatMap(([name, { part }]) => (part.pid === undefined ? [] : [[name, part.pid]]));
    return Object.fromEntries(entries);
  }

  return {
    death,
    async start(name, stage, begin) {
      if (ending) throw new UpError(`${titles[name]} was not started: Tera stops.`);
      const beginning = begin();
      starting.add(beginning);
      try {
        const part = await beginning;
        running.set(name, { part, stage });
        void part.exited.then(({ code, signal, lastLines }) => {
          running.delete(name);
          if (ending) return;
          const how = signal === null ? `exit code ${code}` : signal;
          reportDeath(new UpError(`${titles[name]} ended unexpectedly (${how}).`, { lastLines }));
        });
        return part;
      } finally {
        starting.delete(beginning);
      }
    },
    pids,
    async stop() {
      ending = true;
      const abort = new AbortController();
      await Promise.race([stopAll(), delay(stopWithinMs, undefined, { signal: abort.signal }).catch(() => undefined)]);
      abort.abort();
      for (const pid of Object.values(pids())) kill(pid);
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It ended in this very moment.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
