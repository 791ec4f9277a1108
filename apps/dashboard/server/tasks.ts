/**
 * Work that can take minutes, one piece at a time: begun by a request, asked for by others until it has ended.
 *
 * It is known to this process only, and lost with it. What it books is booked in steps that converge: begun again, it books what is missing.
 */
import { randomBase62 } from "@tera/protocol";
import type { FastifyBaseLogger } from "fastify";
import { type Actor, authorOf } from "./access/actor.ts";
import { AdminError, toAdminError } from "./errors.ts";

/** Quick work is answered at once. */
const answerWithinMs = 3_000;
/** Ended ones that are remembered. */
const rememberedMax = 20;
/** For what runs when we end: Postgres gives up what is not booked by then. */
const closeTimeoutMs = 10_000;

export interface Task<Result> {
  id: string;
  state: "running" | "done" | "failed";
  startedAt: string;
  startedBy: string;
  endedAt: string | null;
  error: string | null;
  result: Result | null;
}

export interface TaskBoard<Result> {
  /**
   * @param work stops soon when the signal aborts.
   * @returns the task, ended where that was quick.
   * @throws {AdminError} `conflict` while another runs.
   */
  start(actor: Actor, work: (signal: AbortSignal) => Promise<Result>): Promise<Task<Result>>;
  find(id: string): Task<Result> | undefined;
  latest(): Task<Result> | undefined;
  /** Stops what runs, and waits for its end, but not for ever: some of it is one long statement. */
  close(): Promise<void>;
}

/** @param what it does: "An invoice run" */
export function createTaskBoard<Result>({ what, log }: { what: string; log: FastifyBaseLogger }): TaskBoard<Result> {
  const tasks = new Map<string, Task<Result>>();
  const ending = new AbortController();
  let running: Promise<void> | undefined;

  async function run(task: Task<Result>, work: (signal: AbortSignal) => Promise<Result>): Promise<void> {
    try {
      task.result = await work(ending.signal);
      task.state = "done";
    } catch (cause) {
      const error = toAdminError(cause);
      if (error.code === "internal_error" || error.code === "unavailable")
        log.error({ err: cause, what }, "task failed");
      task.error = error.message;
      task.state = "failed";
    }
    task.endedAt = new Date().toISOString();
    running = undefined;
  }

  return {
    async start(actor, work) {
      if (running !== undefined) {
        const busy = [...tasks.values()].at(-1);
        throw new AdminError("conflict", `${what} is under way, begun by ${busy?.startedBy}. Wait for its end.`);
      }
      const task: Task<Result> = {
        id: `task_${randomBase62(16)}`,
        state: "running",
        startedAt: new Date().toISOString(),
        startedBy: authorOf(actor),
        endedAt: null,
        error: null,
        result: null,
      };
      tasks.set(task.id, task);
      const [oldest] = tasks.keys();
      if (tasks.size > rememberedMax && oldest !== undefined) tasks.delete(oldest);
      running = run(task, work);
      await waitFor(running, answerWithinMs);
      return task;
    },
    find: (id) => tasks.get(id),
    latest: () => [...tasks.values()].at(-1),
    async close() {
      ending.abort();
      if (running !== undefined) await waitFor(running, closeTimeoutMs);
    },
  };
}

async function waitFor(work: Promise<void>, timeoutMs: number): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, timeoutMs);
  await Promise.race([work, patience.promise]);
  clearTimeout(timer);
}
