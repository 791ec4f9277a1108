import type { RunnerAction, RunnerActionAnswer, RunnerLogs } from "@tera/protocol";
import { newRunnerStatus, newServedModel, newWorkerState } from "@tera/testkit/worker-state";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startTestDashboard } from "../../testing/dashboard.ts";

let answer: RunnerActionAnswer | undefined;
let logs: RunnerLogs | undefined;
const asked: { workerId: string; runnerId: string; action: RunnerAction }[] = [];
const dashboard = await startTestDashboard({
  act(question) {
    asked.push(question);
    return answer;
  },
  readLogs: () => logs,
});
afterAll(() => dashboard.close());

const gpu = { index: 0, name: "NVIDIA H200", memoryUsedMiB: 1_000 };
dashboard.workers.push(
  newWorkerState("w2", [newRunnerStatus("p", { state: "drained" })]),
  newWorkerState(
    "w1",
    [
      newRunnerStatus("p", { kind: "process", models: [newServedModel("org/m")], busy: 2 }),
      newRunnerStatus("off", { kind: "process", state: "unloaded" }),
    ],
    {
      gpus: [gpu],
    },
  ),
);
const owner = await dashboard.signIn("owner");
beforeEach(() => {
  answer = { version: 1, outcome: "accepted" };
  asked.splice(0);
});

test("workers are listed with their runners, their GPUs, and what can be done with each", async () => {
  const viewer = await dashboard.signIn("viewer");
  expect((await viewer("GET", "/workers")).body).toMatchObject({
    items: [
      {
        id: "w1",
        gpus: [{ ...gpu, memoryTotalMiB: null }],
        runners: [
          { id: "p", models: ["org/m"], busy: 2, actions: ["drain", "restart", "unload"] },
          { id: "off", actions: ["load"] },
        ],
      },
      { id: "w2", runners: [{ id: "p", actions: ["resume", "restart"] }] },
    ],
  });
  expect((await viewer("GET", "/runners")).body).toMatchObject({
    items: [
      { workerId: "w1", id: "p" },
      { workerId: "w1", id: "off" },
      { workerId: "w2", id: "p" },
    ],
  });
});

test.each(["drain", "resume", "restart", "unload", "load"] as const)(
  "%s is asked of the worker, and in the audit log",
  async (action) => {
    expect(await owner("POST", `/runners/w1/p/${action}`)).toMatchObject({
      status: 200,
      body: { workerId: "w1", runnerId: "p", action },
    });
    expect(asked).toEqual([{ workerId: "w1", runnerId: "p", action }]);
    expect((await owner("GET", "/audit?pageSize=1")).body).toMatchObject({
      items: [{ action: `runner.${action}`, objectKind: "runner", objectId: "w1/p" }],
    });
  },
);

test("what was not done is told with why, and is not in the audit log", async () => {
  const { body: before } = await owner("GET", "/audit");
  answer = { version: 1, outcome: "refused", why: "p is unloaded: load it first" };
  expect(await owner("POST", "/runners/w1/p/drain")).toMatchObject({
    status: 409,
    body: { error: { message: "Not done: p is unloaded: load it first." } },
  });
  answer = { version: 1, outcome: "no_runner" };
  expect((await owner("POST", "/runners/w1/p/drain")).status).toBe(404);
  answer = undefined;
  expect(await owner("POST", "/runners/w1/p/drain")).toMatchObject({
    status: 503,
    body: { error: { message: expect.stringContaining("w1 does not answer") } },
  });
  expect((await owner("GET", "/audit")).body).toEqual(before);
});

test("workers and runners that nobody has are not asked", async () => {
  expect((await owner("POST", "/runners/w9/p/drain")).status).toBe(404);
  expect((await owner("POST", "/runners/w1/q/drain")).status).toBe(404);
  expect((await owner("GET", "/runners/w1/q/logs")).status).toBe(404);
  expect(asked).toEqual([]);
});

test("log lines are those that the worker tells; null: it has none", async () => {
  logs = { version: 1, found: "lines", lines: ["one", "<script>"] };
  expect((await owner("GET", "/runners/w1/p/logs?lines=10")).body).toEqual({ lines: ["one", "<script>"] });
  logs = { version: 1, found: "no_log" };
  expect((await owner("GET", "/runners/w1/p/logs")).body).toEqual({ lines: null });
  logs = undefined;
  expect((await owner("GET", "/runners/w1/p/logs")).status).toBe(503);
  expect((await owner("GET", "/runners/w1/p/logs?lines=501")).status).toBe(400);
});

test("who only looks neither acts nor reads what engines write; a customer sees nothing of it", async () => {
  logs = { version: 1, found: "lines", lines: [] };
  for (const role of ["viewer", "billing"] as const) {
    const ask = await dashboard.withToken(role);
    expect((await ask("POST", "/runners/w1/p/drain")).status).toBe(403);
    expect((await ask("GET", "/runners/w1/p/logs")).status).toBe(403);
  }
  const customer = await dashboard.withToken("member", await dashboard.createAccount("own"));
  for (const path of ["/workers", "/runners", "/runners/w1/p/logs"]) {
    expect((await customer("GET", path)).status).toBe(403);
  }
  expect(asked).toEqual([]);
});
