/** Gateway, worker and dashboard as child processes: forked with a channel, their output in a log file, their last lines kept, one report when they end. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessGuard } from "@tera/embedded";
import { workspaceRoot } from "./flags.ts";
import { openLogFile } from "./log-file.ts";

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  lastLines: readonly string[];
}

export interface Child {
  readonly pid: number;
  /** The message with `type: "ready"`; stays open when the child ends before. */
  readonly ready: Promise<unknown>;
  /** Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** SIGTERM, and SIGKILL when it is still there after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export interface ChildOptions {
  environment: NodeJS.ProcessEnv;
  logPath: string;
  guard: ProcessGuard;
  /** What it sends over its channel. */
  onMessage?: ((message: unknown) => void) | undefined;
}

/** The applications of the stack. */
export type AppName = "gateway" | "worker" | "dashboard";

const sourceOf: Record<AppName, string> = { gateway: "src", worker: "src", dashboard: "server" };
const lastLinesMax = 20;

/** @param name of the app: `gateway` runs apps/gateway/src/main.ts. */
export async function startChild(
  name: AppName,
  { environment, logPath, guard, onMessage }: ChildOptions,
): Promise<Child> {
  const child: ChildProcess = fork(scriptOf(name), [], {
    cwd: workspaceRoot,
    env: environment,
    // A group of its own: Ctrl-C reaches us alone, and we decide the order of the end.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const log = openLogFile(logPath);
  const lastLines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    if (!output) continue;
    createInterface({ input: output }).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > lastLinesMax) lastLines.shift();
      log.write(line);
    });
  }
  const exited = new Promise<ChildExit>((resolve) => {
    child.once("close", (code, signal) => {
      if (child.pid !== undefined) guard.forget(child.pid);
      log.close();
      resolve({ code, signal, lastLines });
    });
  });
  if (onMessage) child.on("message", onMessage);
  const ready = new Promise<unknown>((resolve) => {
    child.on("message", (message) => {
      if (typeof message === "object" && message !== null && "type" in message && message.type === "ready") {
        resolve(message);
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`the ${name} has no process id`);
  guard.watch(pid, "SIGTERM");

  return {
    pid,
    ready,
    exited,
    async stop(graceMs) {
      child.kill("SIGTERM");
      const abort = new AbortController();
      const late = delay(graceMs, undefined, { signal: abort.signal }).then(
        () => child.kill("SIGKILL"),
        () => false,
      );
      await Promise.race([exited, late]);
      await exited;
      abort.abort();
    },
  };
}

/** Also how a left-over child is known again. */
export function scriptOf(name: AppName): string {
  return join(workspaceRoot, "apps", name, sourceOf[name], "main.ts");
}
