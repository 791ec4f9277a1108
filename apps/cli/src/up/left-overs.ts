/** What an earlier `tera up` in this data directory left behind, when it and its guard were killed: gateway, worker and dashboard. (Postgres and Redis see to their own.) */
import { commandOf, endProcess, isRunning } from "@tera/embedded";
import { scriptOf } from "./child.ts";
import type { Stack } from "./data-directory.ts";

const steps = [
  { signal: "SIGTERM", waitMs: 2_500 },
  { signal: "SIGKILL", waitMs: 500 },
] as const;

/** A pid is believed only if that process runs our program: pids are used again. */
export async function endLeftOvers(stack: Stack): Promise<void> {
  await Promise.all(
    (["gateway", "worker", "dashboard"] as const).map(async (name) => {
      const pid = stack.pids[name];
      if (pid === undefined || !(await isRunning(pid))) return;
      if ((await commandOf(pid)).includes(scriptOf(name))) await endProcess(pid, steps);
    }),
  );
}
