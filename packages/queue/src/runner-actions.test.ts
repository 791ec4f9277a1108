import type { ControlMessage, RunnerActionAnswer } from "@tera/protocol";
import { createTestRedis } from "@tera/testkit";
import { afterAll, afterEach, expect, test } from "vitest";
import {
  answerRunnerAction,
  askRunnerAction,
  connectBlockingRedis,
  connectRedis,
  startControlReader,
  takeRunnerAction,
} from "./index.ts";

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

const question = { workerId: "w", runnerId: "r", action: "restart", timeoutMs: 5_000 } as const;
const accepted: RunnerActionAnswer = { version: 1, outcome: "accepted" };

/** @returns what this worker was told, as far as it is still to be done. */
function startWorker(workerId: string, onAction: (token: string) => Promise<void>): ControlMessage[] {
  const done: ControlMessage[] = [];
  const reader = startControlReader({
    workerId,
    blockingRedis: connectBlockingRedis(server.url, { name: "test", log }),
    async onMessage(message) {
      if (message.type !== "runner_action" || !(await takeRunnerAction(redis, workerId, message.token))) return;
      done.push(message);
      await onAction(message.token);
    },
    log,
  });
  cleanups.push(() => reader.stop());
  return done;
}

test("a worker is asked, its answer reaches who asked, and nobody keeps question or answer", async () => {
  const done = startWorker("w", (token) => answerRunnerAction(redis, "w", token, accepted));
  expect(await askRunnerAction(redis, question)).toEqual(accepted);
  expect(done).toMatchObject([{ runnerId: "r", action: "restart" }]);
  expect(await redis.keys("*:ticket:*")).toEqual([]);
  expect(await redis.keys("*:done:*")).toEqual([]);
});

test("a worker that starts again and reads the old question again does not do it again", async () => {
  startWorker("again", (token) => answerRunnerAction(redis, "again", token, accepted));
  await askRunnerAction(redis, { ...question, workerId: "again" });
  for (const cleanup of cleanups.splice(0)) await cleanup();
  const after = startWorker("again", (token) => answerRunnerAction(redis, "again", token, accepted));
  expect(await askRunnerAction(redis, { ...question, workerId: "again", action: "drain" })).toEqual(accepted);
  expect(after).toMatchObject([{ action: "drain" }]);
});

test("what a worker did not take in time is never done", async () => {
  expect(await askRunnerAction(redis, { ...question, workerId: "late", timeoutMs: 100 })).toBeUndefined();
  const done = startWorker("late", (token) => answerRunnerAction(redis, "late", token, accepted));
  expect(await askRunnerAction(redis, { ...question, workerId: "late", action: "drain" })).toEqual(accepted);
  expect(done).toMatchObject([{ action: "drain" }]);
});

test("an answer that cannot be read is none", async () => {
  startWorker("odd", async (token) => {
    await redis.set(`tera:{w:odd}:done:${token}`, '{"outcome": "maybe"}');
  });
  expect(await askRunnerAction(redis, { ...question, workerId: "odd" })).toBeUndefined();
});
