/** Workers that report to a Redis, for tests of the commands that read what they report. */
import type { RunnerStatus, ServedModel, WorkerState } from "@tera/protocol";
import { keys, type Redis, startWorkerPresence, type WorkerPresence } from "@tera/queue";
import { expect, vi } from "vitest";

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
  return { id, kind: "http", engine: "vllm", state: "ready", models: [], slots: 4, busy: 0, ...change };
}

/** @returns what stops it, once it is known. */
export async function reportWorker(
  redis: Redis,
  workerId: string,
  change: Partial<WorkerState>,
): Promise<WorkerPresence> {
  const state: WorkerState = {
    version: 1,
    workerId,
    host: "gpu-1",
    startedAtMs: 1,
    draining: false,
    runners: [],
    gpus: [],
    ...change,
  };
  const log = { info: () => undefined, warn: () => undefined };
  const presence = startWorkerPresence({ redis, log, state: () => state });
  presence.announce();
  await vi.waitFor(async () => expect(await redis.smembers(keys.workers)).toContain(workerId));
  return presence;
}
