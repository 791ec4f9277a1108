/** What `tera models list`, `tera runners list` and `tera doctor` say of the workers that report to Redis. */
import type { WorkerState } from "@tera/protocol";
import { connectRedis, type WorkerPresence } from "@tera/queue";
import { createTestDatabase, createTestRedis } from "@tera/testkit";
import { newServedModel as model, newRunnerStatus as runner } from "@tera/testkit/worker-state";
import { afterAll, afterEach, expect, test } from "vitest";
import { runForTest } from "../../testing/run-cli.ts";
import { reportWorker } from "../../testing/workers.ts";

const [testDatabase, testRedis] = await Promise.all([createTestDatabase(), createTestRedis()]);
const log = { info: () => undefined, warn: () => undefined };
const redis = connectRedis(testRedis.url, { name: "test", log });
await redis.connect();
const presences: WorkerPresence[] = [];
afterEach(async () => {
  await Promise.all(presences.splice(0).map((presence) => presence.stop()));
  await redis.config("SET", "maxmemory-policy", "noeviction");
});
afterAll(async () => {
  redis.disconnect();
  await Promise.all([testDatabase.drop(), testRedis.stop()]);
});

const environment = {
  DATABASE_URL: testDatabase.url,
  REDIS_URL: testRedis.url,
  TERA_SECRET: "the secret of this test, long enough",
};
const run = (...args: string[]) => runForTest(args, { environment });
async function json(...args: string[]): Promise<unknown> {
  return JSON.parse((await run(...args, "--json")).stdout);
}

async function connectWorker(workerId: string, change: Partial<WorkerState>): Promise<void> {
  presences.push(await reportWorker(redis, workerId, change));
}

test("a model is listed once, with what all its ready runners offer together", async () => {
  await connectWorker("w1", {
    runners: [
      runner("r1", { models: [model("org/big", { contextLength: 32_768 }), model("org/small")], busy: 3 }),
      runner("r2", { models: [model("org/big", { contextLength: 8_192 })], state: "unhealthy" }),
    ],
  });
  await connectWorker("w2", { draining: true, runners: [runner("r3", { models: [model("org/big")] })] });
  const big = {
    id: "org/big",
    name: "org/big",
    contextLength: 32_768,
    features: ["tools"],
    listed: true,
    runners: 3,
    runnersReady: 1,
    slots: 4,
    busy: 3,
    price: null,
    set: [],
  };
  const small = { ...big, id: "org/small", name: "org/small", contextLength: null, runners: 1 };
  expect(await json("models", "list")).toEqual([big, small]);
  const { stdout } = await run("models", "list");
  expect(stdout).toMatch(
    /^MODEL\s+READY\s+BUSY\s+CONTEXT\s+PRICE\s+FEATURES\norg\/big\s+1\/3\s+3\/4\s+32768\s+unpriced\s+tools\norg\/small/,
  );
});

test("runners are listed with why one does not work, within 80 columns", async () => {
  const long = "organisation-with-a-long-name/Model-With-A-Long-Name-70B-Instruct-AWQ";
  await connectWorker("worker-with-a-long-name", {
    runners: [
      runner("a", { models: [model(long), model(`${long}-2`)], busy: 2 }),
      runner("b", { state: "unhealthy", reason: "connect ECONNREFUSED 127.0.0.1:8000\u001b[2J" }),
    ],
  });
  const { stdout } = await run("runners", "list");
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/^a\s+worker.*vllm\s+ready\s+2\/4/m);
  expect(stdout).toContain("b is unhealthy: connect ECONNREFUSED 127.0.0.1:8000");
  expect(stdout).not.toContain("\u001b");
  expect(await json("runners", "list")).toMatchObject([
    { id: "a", workerId: "worker-with-a-long-name", host: "gpu-1", state: "ready" },
    { id: "b", state: "unhealthy" },
  ]);
});

test("with no worker, and with a worker without a runner, the lists say what to do", async () => {
  expect((await run("models", "list")).stderr).toContain("no worker is connected");
  expect((await run("runners", "list")).stderr).toContain("npm start");
  expect(await json("models", "list")).toEqual([]);
  expect(await json("runners", "list")).toEqual([]);
  await connectWorker("w1", {});
  expect((await run("models", "list")).stderr).toContain("tera runners list");
  expect((await run("runners", "list")).stderr).toContain("tera.worker.yaml");
});

test("doctor finds nothing to complain about in a stack that works", async () => {
  await connectWorker("w1", { runners: [runner("r1", { models: [model("org/big")] })] });
  const { exitCode, stdout } = await run("doctor");
  expect(stdout).toContain("org/big, 0 of 4 slots busy");
  expect(stdout).toContain("Nothing is broken.");
  expect(exitCode).toBe(0);
});

test("doctor names what is broken with its fix, and exits with 1", async () => {
  const unhealthy = runner("r1", { state: "unhealthy", reason: "connect ECONNREFUSED" });
  await connectWorker("w1", { runners: [unhealthy, runner("r2", { state: "starting" }), runner("r3")] });
  await connectWorker("w2", { runners: [] });
  const { exitCode, stdout } = await run("doctor", "--json");
  expect(exitCode).toBe(1);
  const fix = expect.stringMatching(/\w+/);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    findings: expect.arrayContaining([
      expect.objectContaining({ check: "redis", status: "ok" }),
      { check: "runner r1", status: "broken", found: "vllm is unhealthy: connect ECONNREFUSED.", fix },
      { check: "runner r2", status: "warning", found: "vllm is starting.", fix },
      { check: "runner r3", status: "broken", found: "vllm has no model.", fix },
      expect.objectContaining({ check: "worker w2", status: "broken" }),
    ]),
  });
});

test("doctor finds a Redis that would lose work", async () => {
  await redis.config("SET", "maxmemory-policy", "allkeys-lru");
  const { exitCode, stdout } = await run("doctor");
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/broken\s+redis: .*allkeys-lru.*noeviction/);
});
