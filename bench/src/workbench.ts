/**
 * What a benchmark stands on: a directory, Postgres and Redis, a guard for programs of others, and one place where everything that was started is
 * written down so that it is stopped, newest first, however the run ends.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProcessGuard, type ProcessGuard } from "@tera/embedded";
import { startTestServices, type TestServices } from "@tera/testkit";

export interface Workbench extends AsyncDisposable {
  /** Progress, one line, for the person who waits. */
  say(line: string): void;
  /** Removed at the end. */
  readonly directory: string;
  /** Ends programs that are not ours when this process is killed. */
  readonly guard: ProcessGuard;
  readonly services: TestServices;
  /** To be called at the end, newest first. */
  defer(stop: () => Promise<void>): void;
}

/** @param lent where database and Redis come from; servers of its own by default. */
export async function openWorkbench(say: (line: string) => void, lent?: TestServices): Promise<Workbench> {
  const stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "tera-bench-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const guard = await createProcessGuard();
  stack.defer(() => guard.close());
  async function startServices(): Promise<TestServices> {
    const services = await startTestServices({ log: () => undefined });
    stack.defer(async () => {
      for (const left of await services.stop()) say(left);
    });
    return services;
  }

  return {
    say,
    directory,
    guard,
    services: lent ?? (await startServices()),
    defer: (stop) => stack.defer(stop),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
