/**
 * A server as a child process: its output as log lines, the last lines kept for the report of its death, one event for "ready", one for its end.
 * It gets a process group of its own, so that Ctrl-C in a terminal reaches only us and we decide the order in which things stop.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessGuard } from "./process-guard.ts";

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What it said last, at most 20 lines. */
  lastLines: readonly string[];
}

export interface ServerProcess {
  readonly pid: number;
  /** Resolves once, when the process has ended and its output was read; never rejects. */
  readonly exited: Promise<ServerExit>;
  /** Resolves with the first output line that matches, also one that came before (of the last 20), or with the exit when the process ends before. */
  untilLine(pattern: RegExp): Promise<string | ServerExit>;
  /** Each signal in turn until it has ended. */
  end(steps: readonly { signal: NodeJS.Signals; waitMs: number }[]): Promise<ServerExit>;
}

export interface ServerCommand {
  file: string;
  arguments: readonly string[];
  cwd: string;
  environment: NodeJS.ProcessEnv;
  /** Written to standard input, which is then closed: configuration that no process list may show. */
  input?: string;
  uid?: number;
  gid?: number;
}

export interface ServerDependencies {
  log: (line: string) => void;
  guard?: ProcessGuard | undefined;
  /** The signal by which the guard ends it when we are gone. */
  guardSignal: NodeJS.Signals;
}

const lastLinesMax = 20;

/** @throws when the program cannot be started at all. */
export async function startServerProcess(
  command: ServerCommand,
  { log, guard, guardSignal }: ServerDependencies,
): Promise<ServerProcess> {
  const child: ChildProcess = spawn(command.file, command.arguments, {
    cwd: command.cwd,
    env: command.environment,
    detached: true,
    stdio: [command.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  });
  const lastLines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  const exited = new Promise<ServerExit>((resolve) => {
    child.once("close", (code, signal) => {
      if (child.pid !== undefined) guard?.forget(child.pid);
      resolve({ code, signal, lastLines });
    });
  });
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue;
    createInterface({ input: output }).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > lastLinesMax) lastLines.shift();
      log(line);
      for (const listener of listeners) listener(line);
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command.file} has no process id`);
  guard?.watch(pid, guardSignal);
  // It may die before it reads: the exit tells more than the broken pipe.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(command.input);

  return {
    pid,
    exited,
    untilLine(pattern) {
      // It may have been said already: a server is quicker than a write to a busy disk.
      const said = lastLines.find((line) => pattern.test(line));
      if (said !== undefined) return Promise.resolve(said);
      return new Promise((resolve) => {
        const listener = (line: string) => {
          if (!pattern.test(line)) return;
          listeners.delete(listener);
          resolve(line);
        };
        listeners.add(listener);
        void exited.then(resolve);
      });
    },
    async end(steps) {
      for (const { signal, waitMs } of steps) {
        child.kill(signal);
        const abort = new AbortController();
        const exit = await Promise.race([
          exited,
          delay(waitMs, undefined, { signal: abort.signal }).catch(() => undefined),
        ]);
        abort.abort();
        if (exit) return exit;
      }
      child.kill("SIGKILL");
      return exited;
    },
  };
}
