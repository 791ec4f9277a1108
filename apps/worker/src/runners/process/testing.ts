/** For tests: process runners that drive fake runners as real processes, and a look at which processes are there. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Delta, RunnerState, RunnerStatus, Usage } from "@tera/protocol";
import { vi } from "vitest";
import type { ProcessRunnerSettings } from "../../worker-file.ts";
import type { Runner } from "../runner.ts";
import { createProcessRunner } from "./process-runner.ts";

export const fakeRunnerProgram = join(
  dirname(fileURLToPath(import.meta.resolve("@tera/testkit"))),
  "fake-runner/main.ts",
);

/** A fake runner that serves the model `m`. */
export const fakeCommand = [process.execPath, fakeRunnerProgram, "--port", "{port}", "--models", "m"];

export interface TestRunner {
  runner: Runner;
  /** Every state that was seen, without repetitions. */
  states: RunnerState[];
  until(state: RunnerState): Promise<RunnerStatus>;
}

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export function startProcessRunner(command: string[], change: Partial<ProcessRunnerSettings> = {}): TestRunner {
  const states: RunnerState[] = [];
  const settings: ProcessRunnerSettings = {
    kind: "process",
    id: "p",
    command,
    env: {},
    workingDirectory: process.cwd(),
    startTimeoutMs: 30_000,
    stopTimeoutMs: 2_000,
    ...change,
  };
  const runner = createProcessRunner(settings, {
    log,
    environment: process.env,
    onChange() {
      const { state } = runner.status();
      if (states.at(-1) !== state) states.push(state);
    },
  });
  runner.start();
  return {
    runner,
    states,
    until: (state) =>
      vi.waitFor(
        () => {
          const status = runner.status();
          if (status.state !== state) throw new Error(`it is ${status.state}, not ${state}: ${status.reason}`);
          return status;
        },
        { timeout: 15_000, interval: 20 },
      ),
  };
}

/** Generates, and says how many deltas came. */
export async function generate(
  runner: Runner,
  maxTokens: number,
  onDelta: (delta: Delta) => void = () => undefined,
): Promise<Usage> {
  const task = {
    requestId: "q",
    request: {
      kind: "chat" as const,
      model: "m",
      messages: [{ role: "user" as const, content: "hi" }],
      n: 1,
      sampling: { maxTokens },
    },
    signal: new AbortController().signal,
  };
  return runner.generate(task, onDelta);
}

/** False also for what has ended and was not collected by its parent. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== "linux") return true;
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
