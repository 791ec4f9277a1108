/** What a worker tells of itself over a real Redis, with a server that it starts itself. */
import type { GpuStatus, RunnerAction, RunnerStatus } from "@tera/protocol";
import {
  askRunnerAction,
  askRunnerLogs,
  connectBlockingRedis,
  connectRedis,
  type Redis,
  readWorkerStates,
} from "@tera/queue";
import { createTestRedis } from "@tera/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { createHttpRunner } from "./runners/http/http-runner.ts";
import { createProcessRunner } from "./runners/process/process-runner.ts";
import { fakeCommand } from "./runners/process/testing.ts";
import { type CreateRunner, startWorker } from "./worker.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A worker on a Redis of its own, with a server `own` that it starts itself. */
async function start({ others = [], gpus = [] }: { others?: CreateRunner[]; gpus?: GpuStatus[] } = {}): Promise<Redis> {
  const testRedis = await createTestRedis();
  const redis = connectRedis(testRedis.url, { name: "test", log });
  await redis.connect();
  const server = {
    kind: "process" as const,
    id: "own",
    command: fakeCommand,
    env: {},
    workingDirectory: "/",
    startTimeoutMs: 30_000,
    stopTimeoutMs: 2_000,
  };
  const worker = startWorker({
    workerId: "w",
    redis,
    connectBlocking: (name) => connectBlockingRedis(testRedis.url, { name, log }),
    runners: [({ onChange }) => createProcessRunner(server, { log, onChange, environment: process.env }), ...others],
    readGpus: () => gpus,
    drainMs: 0,
    liveReserve: 1,
    log,
  });
  onTestFinished(async () => {
    await worker.stop();
    redis.disconnect();
    await testRedis.stop();
  });
  return redis;
}

test("a worker tells of its runners and GPUs, and shows the log of a server that it started", async () => {
  const gpus = [{ index: 0, name: "NVIDIA H200", memoryUsedMiB: 1 }];
  const foreign: CreateRunner = ({ onChange }) =>
    createHttpRunner({ kind: "http", id: "foreign", url: "http://127.0.0.1:9" }, { log, onChange });
  const redis = await start({ others: [foreign], gpus });
  await vi.waitFor(
    async () =>
      expect(await readWorkerStates(redis)).toMatchObject([
        {
          workerId: "w",
          gpus,
          runners: [{ id: "own", kind: "process", state: "ready", models: [{ id: "m" }] }, { id: "foreign" }],
        },
      ]),
    { timeout: 15_000 },
  );

  const ask = (runnerId: string, linesMax = 100) =>
    askRunnerLogs(redis, { workerId: "w", runnerId, linesMax, timeoutMs: 5_000 });
  const all = await ask("own");
  if (all?.found !== "lines") throw new Error(`no lines: ${JSON.stringify(all)}`);
  expect(all.lines.join("\n")).toMatch(/^tera: .* is started on port \d+\nfake runner on http/);
  expect(await ask("own", 1)).toMatchObject({ lines: all.lines.slice(-1) });
  expect(await ask("foreign")).toMatchObject({ found: "no_log" });
  expect(await ask("other")).toMatchObject({ found: "no_runner" });
});

test("a server that a worker started is drained, restarted, unloaded and loaded by who asks over Redis", async () => {
  const redis = await start();
  const ask = (action: RunnerAction, runnerId = "own") =>
    askRunnerAction(redis, { workerId: "w", runnerId, action, timeoutMs: 10_000 });
  async function until(state: RunnerStatus["state"]): Promise<RunnerStatus> {
    return vi.waitFor(
      async () => {
        const [runner] = (await readWorkerStates(redis)).flatMap(({ runners }) => runners);
        if (runner?.state !== state) throw new Error(`it is ${runner?.state}: ${runner?.reason}`);
        return runner;
      },
      { timeout: 15_000 },
    );
  }
  const answers = async ({ address }: RunnerStatus) =>
    fetch(`http://${address}/v1/models`).then(
      () => true,
      () => false,
    );

  const first = await until("ready");
  expect(await ask("drain", "other")).toMatchObject({ outcome: "no_runner" });
  expect(await ask("drain")).toMatchObject({ outcome: "accepted" });
  await until("drained");
  expect(await ask("resume")).toMatchObject({ outcome: "accepted" });
  await until("ready");
  expect(await ask("restart")).toMatchObject({ outcome: "accepted" });
  const second = await vi.waitFor(
    async () => {
      const runner = await until("ready");
      expect(runner.address).not.toBe(first.address);
      return runner;
    },
    { timeout: 15_000 },
  );
  expect(await answers(first)).toBe(false);
  expect(await ask("unload")).toMatchObject({ outcome: "accepted" });
  expect(await until("unloaded")).toMatchObject({ models: [{ id: "m" }] });
  await expect.poll(() => answers(second)).toBe(false);
  expect(await ask("restart")).toMatchObject({ outcome: "refused", why: expect.stringContaining("load it first") });
  expect(await ask("load")).toMatchObject({ outcome: "accepted" });
  expect(await answers(await until("ready"))).toBe(true);
});
