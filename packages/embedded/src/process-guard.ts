/**
 * Sees to it that our servers end when we do, also when nobody can tell us to: `kill -9`, a crash, no memory left.
 *
 * A few lines of POSIX shell (process-guard.sh) hold the reading end of a pipe whose only writer is this process. The kernel closes the pipe with us, however we end; the
 * shell then signals the processes it was told of, and kills those that stay. Costs under a megabyte, and nothing at all while we live.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface ProcessGuard {
  readonly pid: number;
  /** From now on `pid` does not outlive us: `signal` first, SIGKILL after three seconds. */
  watch(pid: number, signal: NodeJS.Signals): void;
  /** The process has ended, or may outlive us. */
  forget(pid: number): void;
  /** The guard leaves; what it watched stays as it is. */
  close(): Promise<void>;
}

const script = fileURLToPath(new URL("process-guard.sh", import.meta.url));

export async function createProcessGuard(): Promise<ProcessGuard> {
  const child = spawn("/bin/sh", [script], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the process guard has no process id");
  // Someone killed the guard: we go on without it, and the next start takes over what is left.
  child.stdin.on("error", () => undefined);
  child.unref();
  const closed = once(child, "close");

  return {
    pid,
    watch: (watched, signal) => void child.stdin.write(`watch ${watched} ${signal.replace(/^SIG/, "")}\n`),
    forget: (watched) => void child.stdin.write(`forget ${watched}\n`),
    async close() {
      child.ref();
      child.stdin.end("leave\n");
      await closed;
    },
  };
}
