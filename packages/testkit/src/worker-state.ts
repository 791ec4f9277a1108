/** Workers as they report themselves, for tests of who reads it. Each is what its first arguments and `change` say, and ready, idle and ordinary in all else. */
import type { RunnerStatus, ServedModel, WorkerState } from "@tera/protocol";

export function newServedModel(id: string, change: Partial<ServedModel> = {}): ServedModel {
  return {
    id,
    created: 0,
    ownedBy: "tera",
    inputModalities: ["text"],
    outputModalities: ["text"],
    features: ["tools"],
    samplingParameters: [],
    ...change,
  };
}

/** Four slots of vLLM. */
export function newRunnerStatus(id: string, change: Partial<RunnerStatus> = {}): RunnerStatus {
  return { id, kind: "http", engine: "vllm", state: "ready", models: [], slots: 4, busy: 0, ...change };
}

export function newWorkerState(
  workerId: string,
  runners: RunnerStatus[],
  change: Partial<WorkerState> = {},
): WorkerState {
  return { version: 1, workerId, host: "gpu-1", startedAtMs: 1, draining: false, runners, gpus: [], ...change };
}
