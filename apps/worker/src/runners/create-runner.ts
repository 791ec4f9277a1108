/** Settings to runner: the one place that knows all kinds. */
import type { RunnerSettings } from "../worker-file.ts";
import { createHttpRunner } from "./http/http-runner.ts";
import { createLlamaRunner } from "./llama/llama-runner.ts";
import type { Runner, RunnerDependencies } from "./runner.ts";

export interface CreateRunnerDependencies extends RunnerDependencies {
  /** Where downloaded models are kept. */
  modelsDir: string;
}

export function createRunner(settings: RunnerSettings, dependencies: CreateRunnerDependencies): Runner {
  switch (settings.kind) {
    case "http":
      return createHttpRunner(settings, dependencies);
    case "llama":
      return createLlamaRunner(settings, dependencies);
  }
}
