/** Settings to runner: the one place that knows all kinds. */
import type { RunnerSettings } from "../worker-file.ts";
import { createHttpRunner } from "./http/http-runner.ts";
import { createLlamaRunner } from "./llama/llama-runner.ts";
import { createProcessRunner } from "./process/process-runner.ts";
import type { Runner, RunnerDependencies } from "./runner.ts";

export interface CreateRunnerDependencies extends RunnerDependencies {
  /** Where downloaded models are kept. */
  modelsDir: string;
  /** What the servers that the worker starts inherit. */
  serverEnvironment: NodeJS.ProcessEnv;
}

export function createRunner(settings: RunnerSettings, dependencies: CreateRunnerDependencies): Runner {
  switch (settings.kind) {
    case "http":
      return createHttpRunner(settings, dependencies);
    case "process":
      return createProcessRunner(settings, { ...dependencies, environment: dependencies.serverEnvironment });
    case "llama":
      return createLlamaRunner(settings, dependencies);
  }
}
