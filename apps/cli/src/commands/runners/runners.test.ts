/** `tera runners` against a real Redis: states and figures as workers report them, log lines as a worker answers. */
import {
  type RunnerAction,
  type RunnerActionAnswer,
  type RunnerLogs,
  type RunnerStatus,
  runnerStates,
  type WorkerState,
} from "@tera/protocol";
import {
  answerRunnerAction,
  answerRunnerLogs,
  connectBlockingRedis,
  connectRedis,
  startControlReader,
  startWorkerPresence,
  takeRunnerAction,
} from "@tera/queue";
import { createTestRedis } from "@tera/testkit";
import { newServedModel } from "@tera/testkit/worker-state";
import stringWidth from "string-width";
import { afterAll, afterEach, expect, test } from "vitest";
import { runForTest } from "../../../testing/run-cli.ts";

const testRedis = await createTestRedis();
const log = { info: () => undefined, warn: () => undefined };
const redis = connectRedis(testRedis.url, { name: "test", log });
await redis.connect();
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});
afterAll(async () => {
  redis.disconnect();
  await testRedis.stop();
});

const environment = { REDIS_URL: testRedis.url };
const run = (args: string[], columns = 80) => runForTest(["runners", ...args], { environment, columns });

function runner(id: string, change: Partial<RunnerStatus> = {}): RunnerStatus {
  return { id, kind: "process", engine: "vllm", state: "ready", models: [], slots: 4, busy: 0, ...change };
}

async function connectWorker(workerId: string, change: Partial<WorkerState>): Promise<void> {
  const state = { version: 1 as const, workerId, host: "h", startedAtMs: 1, draining: false, runners: [], gpus: [] };
  const presence = startWorkerPresence({ redis, log, state: () => ({ ...state, ...change }) });
  cleanups.push(() => presence.stop());
  presence.announce();
  await expect.poll(async () => (await redis.smembers("tera:workers")).includes(workerId)).toBe(true);
}

/** The worker's side of a question for log lines. */
function answerWith(workerId: string, answer: (runnerId: string, linesMax: number) => RunnerLogs): void {
  const reader = startControlReader({
    workerId,
    blockingRedis: connectBlockingRedis(testRedis.url, { name: "test", log }),
    onMessage(message) {
      if (message.type !== "runner_logs") return;
      void answerRunnerLogs(redis, workerId, message.token, answer(message.runnerId, message.linesMax));
    },
    log,
  });
  cleanups.push(() => reader.stop());
}

/** The worker's side of what is asked of a runner. @returns what was asked */
function actAs(workerId: string, answer: RunnerActionAnswer): { runnerId: string; action: RunnerAction }[] {
  const asked: { runnerId: string; action: RunnerAction }[] = [];
  const reader = startControlReader({
    workerId,
    blockingRedis: connectBlockingRedis(testRedis.url, { name: "test", log }),
    async onMessage(message) {
      if (message.type !== "runner_action" || !(await takeRunnerAction(redis, workerId, message.token))) return;
      asked.push({ runnerId: message.runnerId, action: message.action });
      await answerRunnerAction(redis, workerId, message.token, answer);
    },
    log,
  });
  cleanups.push(() => reader.stop());
  return asked;
}

const gpu = {
  index: 0,
  name: "NVIDIA H200",
  memoryUsedMiB: 71_234,
  memoryTotalMiB: 143_771,
  utilizationPercent: 97.6,
  powerW: 512.3,
  temperatureC: 61,
};

test("every state is shown, with why for all that is not ready, broken between words", async () => {
  const states = runnerStates.filter((state) => state !== "ready");
  const reason = "the reason of this state, which is so long that one line of a usual terminal cannot hold it at all";
  await connectWorker("w1", {
    runners: [
      runner("fine", { engineVersion: "0.11.2" }),
      ...states.map((state) => runner(`r-${state}`, { state, reason })),
      runner("silent", { state: "starting" }),
    ],
  });
  const { stdout } = await run(["list"]);
  expect(stdout).toMatch(/^fine +w1 +vllm 0\.11\.2 +ready +0\/4/m);
  for (const state of states) {
    expect(stdout).toMatch(new RegExp(`^r-${state} +w1 +vllm +${state} `, "m"));
    expect(stdout.replaceAll("\n  ", " ")).toContain(`r-${state} is ${state}: ${reason}`);
  }
  expect(stdout).toContain("silent is starting: its worker does not say why");
  for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
});

test("runners of the same name on two workers are told apart", async () => {
  await connectWorker("w1", { runners: [runner("http-1", { state: "unhealthy", reason: "gone" })] });
  await connectWorker("w2", { runners: [runner("http-1")] });
  expect((await run(["list"])).stdout).toContain("http-1 on w1 is unhealthy: gone");
});

test("the GPUs of each worker are listed with their figures, and what is not known as such", async () => {
  await connectWorker("w1", { runners: [runner("a")], gpus: [gpu, { index: 1, name: "NVIDIA GB10" }] });
  const { stdout } = await run(["list"], 140);
  expect(stdout).toMatch(/^GPU +WORKER +NAME +MEMORY +USE +POWER +TEMP$/m);
  expect(stdout).toMatch(/^0 +w1 +NVIDIA H200 +69\.6\/140\.4 GiB +98 % +512 W +61 °C$/m);
  expect(stdout).toMatch(/^1 +w1 +NVIDIA GB10 +- +- +- +-$/m);
  const { stdout: json } = await run(["list", "--json"]);
  expect(JSON.parse(json)).toMatchObject([{ id: "a", gpus: [gpu, { index: 1 }] }]);
});

test("logs are the lines that the worker tells, as many as were asked for, and they cannot move the cursor", async () => {
  await connectWorker("w1", { runners: [runner("p")] });
  answerWith("w1", (runnerId, linesMax) => ({
    version: 1,
    found: "lines",
    lines: [`${runnerId} ${linesMax}`, "x\u001b[2Jy"],
  }));
  expect(await run(["logs", "p", "--lines", "7"])).toMatchObject({ exitCode: 0, stdout: "p 7\nxy" });
  expect(JSON.parse((await run(["logs", "p", "--json"])).stdout)).toEqual(["p 100", "x\u001b[2Jy"]);
});

test("a runner that several workers have is asked of the one that is named", async () => {
  await connectWorker("w1", { runners: [runner("p")] });
  await connectWorker("w2", { runners: [runner("p")] });
  answerWith("w2", () => ({ version: 1, found: "lines", lines: ["of w2"] }));
  expect((await run(["logs", "p"])).stderr).toMatch(/Several workers have a runner p.*--worker.*w1, w2/);
  expect((await run(["logs", "p", "--worker", "w2"])).stdout).toBe("of w2");
});

test("what cannot be shown is said with what to do", async () => {
  expect((await run(["logs", "p"])).stderr).toContain("No worker is connected");
  await connectWorker("w1", { runners: [runner("h", { kind: "http" }), runner("gone"), runner("quiet")] });
  answerWith("w1", (runnerId) => {
    if (runnerId === "h") return { version: 1, found: "no_log" };
    return runnerId === "gone" ? { version: 1, found: "no_runner" } : { version: 1, found: "lines", lines: [] };
  });
  expect((await run(["logs", "p"])).stderr).toContain("No connected worker has a runner p. There are: gone, h, quiet.");
  expect((await run(["logs", "p", "--worker", "w1"])).stderr).toContain("Worker w1 has no runner p");
  expect((await run(["logs", "h", "--worker", "w9"])).stderr).toContain("No worker w9 is connected. There are: w1.");
  expect((await run(["logs", "h"])).stderr).toContain("Tera did not start its engine");
  expect((await run(["logs", "gone"])).stderr).toContain("has no runner gone any more");
  expect((await run(["logs", "quiet"])).stderr).toContain("has written nothing yet");
  expect((await run(["logs", "h", "--lines", "0"])).stderr).toContain("1 to 500");
  expect((await run(["logs", "h", "--lines", "0"])).exitCode).toBe(1);
});

test("a worker that does not answer is not waited for longer than three seconds", async () => {
  await connectWorker("w1", { runners: [runner("p")] });
  expect(await run(["logs", "p"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("Worker w1 did not answer within 3 s"),
  });
});

const accepted: RunnerActionAnswer = { version: 1, outcome: "accepted" };

test.each(["drain", "resume", "restart", "load", "unload"] as const)(
  "%s is asked of the runner's worker",
  async (action) => {
    await connectWorker("w1", { runners: [runner("p"), runner("q")] });
    const asked = actAs("w1", accepted);
    const { exitCode, stdout, stderr } = await run([action, "p"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^p on w1 /);
    expect(stderr).toContain("It is not in the audit log: DATABASE_URL is not set here.");
    expect(JSON.parse((await run([action, "q", "--json"])).stdout)).toEqual({ workerId: "w1", runnerId: "q", action });
    expect(asked).toEqual([
      { runnerId: "p", action },
      { runnerId: "q", action },
    ]);
  },
);

test("what would make running requests fail is confirmed first; draining is not", async () => {
  await connectWorker("w1", { runners: [runner("p", { busy: 3 })] });
  const asked = actAs("w1", accepted);
  for (const action of ["restart", "unload"]) {
    const { exitCode, stderr } = await run([action, "p"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/3 requests.*fail.*--yes/s);
  }
  expect(asked).toEqual([]);
  expect((await run(["restart", "p", "--yes"])).exitCode).toBe(0);
  expect((await run(["drain", "p"])).exitCode).toBe(0);
  expect(asked.map(({ action }) => action)).toEqual(["restart", "drain"]);
});

test("taking out the last runner of a model is told", async () => {
  const models = [newServedModel("org/alone"), newServedModel("org/both")];
  await connectWorker("w1", { runners: [runner("p", { models }), runner("q", { models: models.slice(1) })] });
  actAs("w1", accepted);
  const { stderr } = await run(["drain", "p"]);
  expect(stderr).toContain("org/alone");
  expect(stderr).not.toContain("org/both");
});

test("what a worker refuses is said with why", async () => {
  await connectWorker("w1", { runners: [runner("p")] });
  actAs("w1", { version: 1, outcome: "refused", why: "p is unloaded: load it first" });
  expect(await run(["drain", "p"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("p is unloaded: load it first"),
  });
});

test("a worker that does not answer what it is asked to do is not waited for, and does not do it later", async () => {
  await connectWorker("w1", { runners: [runner("p")] });
  expect((await run(["drain", "p"])).stderr).toContain("Worker w1 did not answer within 5 s");
  expect(await redis.keys("*:ticket:*")).toEqual([]);
});
