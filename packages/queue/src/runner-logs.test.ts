import type { ControlMessage } from "@tera/protocol";
import { createTestRedis } from "@tera/testkit";
import { afterAll, afterEach, expect, test } from "vitest";
import { answerRunnerLogs, askRunnerLogs, connectBlockingRedis, connectRedis, startControlReader } from "./index.ts";

const log = { info: () => undefined, warn: () => undefined };
const server = await createTestRedis();
const redis = connectRedis(server.url, { name: "test", log });
await redis.connect();
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const question = { workerId: "w", runnerId: "r", linesMax: 7, timeoutMs: 5_000 };

test("a worker is asked for a runner's lines, and its answer reaches who asked, and nobody keeps it", async () => {
  const asked: ControlMessage[] = [];
  const reader = startControlReader({
    workerId: "w",
    blockingRedis: connectBlockingRedis(server.url, { name: "test", log }),
    onMessage(message) {
      asked.push(message);
      if (message.type !== "runner_logs") return;
      const lines = [`of ${message.runnerId}`, "ü"];
      void answerRunnerLogs(redis, "w", message.token, { version: 1, found: "lines", lines });
    },
    log,
  });
  cleanups.push(() => reader.stop());
  expect(await askRunnerLogs(redis, question)).toEqual({ version: 1, found: "lines", lines: ["of r", "ü"] });
  expect(asked).toMatchObject([{ type: "runner_logs", runnerId: "r", linesMax: 7 }]);
  expect(await redis.keys("*logs*")).toEqual([]);
});

test("a worker that does not answer, or not in a way that can be read, gives no lines", async () => {
  expect(await askRunnerLogs(redis, { ...question, workerId: "silent", timeoutMs: 100 })).toBeUndefined();
  const reader = startControlReader({
    workerId: "odd",
    blockingRedis: connectBlockingRedis(server.url, { name: "test", log }),
    onMessage(message) {
      if (message.type === "runner_logs") void redis.set(`tera:{w:odd}:logs:${message.token}`, '{"lines": 5}');
    },
    log,
  });
  cleanups.push(() => reader.stop());
  expect(await askRunnerLogs(redis, { ...question, workerId: "odd" })).toBeUndefined();
});

test("an answer that nobody fetches goes away", async () => {
  await answerRunnerLogs(redis, "w", "0123456789abcdef", { version: 1, found: "no_log" });
  expect(await redis.pttl("tera:{w:w}:logs:0123456789abcdef")).toBeGreaterThan(0);
});
