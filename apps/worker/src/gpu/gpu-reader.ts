/**
 * Figures of this machine's GPUs, from `nvidia-smi`, for the heartbeat. A machine without it has none, and nothing is said of that.
 *
 * At most one `nvidia-smi` runs: with a driver in trouble it hangs, at times so that not even SIGKILL ends it, and more of them would only hang too.
 */
import { execFile } from "node:child_process";
import type { GpuStatus } from "@tera/protocol";
import type { RunnerLog } from "../runners/runner.ts";
import { nvidiaSmiArguments, parseNvidiaSmi } from "./nvidia-smi.ts";

const usualTiming = { readEveryMs: 5_000, readTimeoutMs: 4_000, staleAfterMs: 15_000 };

export interface GpuReader {
  /** The newest figures; empty when there are none, or none that are fresh. */
  read(): GpuStatus[];
  stop(): void;
}

export interface GpuReaderOptions {
  log: RunnerLog;
  /** The environment that `nvidia-smi` is found through. */
  environment: NodeJS.ProcessEnv;
  /** Figures that are older than `staleAfterMs` are not shown. */
  timing?: { readEveryMs: number; readTimeoutMs: number; staleAfterMs: number };
}

export function startGpuReader({ log, environment, timing = usualTiming }: GpuReaderOptions): GpuReader {
  let gpus: GpuStatus[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;
  let problem: string | undefined;
  let running: ReturnType<typeof execFile> | undefined;

  function ask(): void {
    if (running !== undefined) return;
    const options = { env: environment, timeout: timing.readTimeoutMs, killSignal: "SIGKILL" as const };
    running = execFile("nvidia-smi", nvidiaSmiArguments, options, (error, stdout) => {
      running = undefined;
      if (error?.code === "ENOENT") return stop();
      // With one GPU in trouble it fails, and still tells of the others.
      const found = parseNvidiaSmi(stdout);
      if (error === null || found.length > 0) {
        gpus = found;
        readAtMs = performance.now();
      }
      if (error === null) problem = undefined;
      else tellOnce(error.killed ? `it hung for ${timing.readTimeoutMs / 1_000} s` : lastLine(stdout) || error.message);
    });
  }

  /** A driver in trouble is one line in the log, not one every few seconds. */
  function tellOnce(why: string): void {
    if (why !== problem) log.warn({ reason: why }, "nvidia-smi failed");
    problem = why;
  }

  function stop(): void {
    clearInterval(timer);
    running?.kill("SIGKILL");
  }

  const timer = setInterval(ask, timing.readEveryMs);
  ask();

  return {
    read: () => (performance.now() - readAtMs < timing.staleAfterMs ? gpus : []),
    stop,
  };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
