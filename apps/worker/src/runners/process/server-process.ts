/**
 * One server as a process group of its own, with everything that it starts: `vllm serve` has children that hold the GPUs' memory, and outlive
 * their parent when that is killed.
 *
 * Nothing of it outlives the worker, also when nobody can end it in order (`kill -9`, a crash, no memory left): a few lines of POSIX shell
 * (process-guard.sh) wait on a pipe that the kernel closes with the worker, and then end the group. The server itself waits behind such a pipe
 * until the guard is there, so that no moment is left in which only one of the two exists. No shell ever reads the command: its words are handed
 * over as they are. What puts itself into a session of its own (setsid) is out of reach.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { LogLines } from "./log-lines.ts";
import { endGroup } from "./process-group.ts";

const guardScript = fileURLToPath(new URL("process-guard.sh", import.meta.url));
/** Becomes the command when it is told to; ends when the worker is gone before that. */
const gate = 'read -r go && exec "$@" </dev/null';
/** After its end, for the rest of its output; what escaped from the group may hold the pipes for ever. */
const lastOutputMs = 500;

export interface ServerCommand {
  /** The program, which must be there (see find-program.ts), and its arguments. */
  words: readonly string[];
  environment: NodeJS.ProcessEnv;
  workingDirectory: string;
  /** Between SIGTERM and SIGKILL. */
  stopTimeoutMs: number;
}

export interface ServerProcess {
  readonly pid: number;
  /** How the server itself ended: `exit code 1`, `SIGKILL`. What it started may run on. Never rejects. */
  readonly exited: Promise<string>;
  /**
   * Ends the whole group and reads the rest of its output. Resolves when that is done, in any case soon after `stopTimeoutMs`. Idempotent.
   * @returns false when something could not even be killed.
   */
  end(): Promise<boolean>;
}

/**
 * @param log takes its output.
 * @throws when no process can be made at all.
 */
export async function startServerProcess(
  { words, environment, workingDirectory, stopTimeoutMs }: ServerCommand,
  log: LogLines,
): Promise<ServerProcess> {
  const server = spawn("/bin/sh", ["-c", gate, "sh", ...words], {
    cwd: workingDirectory,
    env: environment,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const pid = await started(server);
  const exited = new Promise<string>((resolve) => {
    server.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const closed = once(server, "close");
  for (const output of [server.stdout, server.stderr]) {
    const sink = log.sink();
    output.on("data", (chunk: Buffer) => sink.write(chunk));
    output.once("close", () => sink.end());
  }
  ignoreBrokenPipe(server);

  let guard: ChildProcessByStdio<Writable, null, null>;
  try {
    guard = spawn("/bin/sh", [guardScript, String(pid), String(Math.ceil(stopTimeoutMs / 100))], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    await started(guard);
  } catch (error) {
    server.stdin.end();
    throw error;
  }
  // Someone killed the guard: the server goes on without it.
  ignoreBrokenPipe(guard);
  guard.unref();
  server.stdin.end("go\n");

  async function end(): Promise<boolean> {
    const isGone = await endGroup(pid, stopTimeoutMs);
    await Promise.race([closed, delay(lastOutputMs)]);
    server.stdout.destroy();
    server.stderr.destroy();
    // What could not be killed stays in the guard's care.
    if (isGone) guard.stdin.end("leave\n");
    return isGone;
  }

  let ending: Promise<boolean> | undefined;
  return {
    pid,
    exited,
    end() {
      ending ??= end();
      return ending;
    },
  };
}

async function started(child: ChildProcess): Promise<number> {
  await once(child, "spawn");
  if (child.pid === undefined) throw new Error("the process has no id");
  return child.pid;
}

function ignoreBrokenPipe(child: { stdin: Writable }): void {
  child.stdin.on("error", () => undefined);
}
