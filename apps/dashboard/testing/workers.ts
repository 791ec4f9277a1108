/** Workers as they report themselves, for tests. */
import type { RunnerStatus, ServedModel, WorkerState } from "@tera/protocol";

export function servedModel(id: string, change: Partial<ServedModel> = {}): ServedModel {
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

export function runnerStatus(id: string, change: Partial<RunnerStatus> = {}): RunnerStatus {
  return { id, kind: "process", engine: "vllm", state: "ready", models: [], slots: 4, busy: 0, ...change };
}

export function workerState(workerId: string, runners: RunnerStatus[], change: Partial<WorkerState> = {}): WorkerState {
  return { version: 1, workerId, host: "gpu-1", startedAtMs: 1, draining: false, runners, gpus: [], ...change };
}
