/** The queues as a gateway fills and works them, on a real Redis. */
import { once } from "node:events";
import { batchStepQueue, connectQueues, lineQueueName, noticeQueue, openQueue, openWorker } from "@tera/background";
import { createTestRedis } from "@tera/testkit";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { createLaneQueues } from "./lane-queues.ts";

const server = await createTestRedis();
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const connections = connectQueues(server.url, log);
await Promise.all([connections.commands.connect(), connections.waiting.connect()]);
const queues = createLaneQueues(connections, log);
afterAll(async () => {
  connections.close();
  await server.stop();
});

/** BullMQ's names have no slashes and colons; those of models do. */
const modelOf = (name: string) => `org/${name}:latest`;

async function fill(name: string, jobs: number): Promise<void> {
  const queue = openQueue(name, connections, log);
  await queue.addBulk(Array.from({ length: jobs }, () => ({ name: "line", data: {} })));
  await queue.close();
}

/** A gateway that takes one line at a time, and ends each when the test says so. */
function work(model: string) {
  const begun: (() => void)[] = [];
  const worker = openWorker(lineQueueName(model), connections, log, {
    concurrency: 1,
    backoffMs: () => 0,
    process: () => new Promise((resolve) => void begun.push(resolve)),
  });
  onTestFinished(async () => {
    for (const end of begun) end();
    await worker.close();
  });
  return begun;
}

test("a model's lines are counted by whether they wait or run; a model that nobody asked for has none", async () => {
  const model = modelOf("counted");
  await fill(lineQueueName(model), 3);
  expect(await queues.countModel(model)).toEqual({ waiting: 3, active: 0, isPaused: false });
  const begun = work(model);
  await vi.waitFor(() => expect(begun).toHaveLength(1), { timeout: 10_000 });
  expect(await queues.countModel(model)).toEqual({ waiting: 2, active: 1, isPaused: false });
  expect(await queues.countModel(modelOf("other"))).toEqual({ waiting: 0, active: 0, isPaused: false });
});

test("while a model is paused what runs goes on and nothing is begun; then the rest is", async () => {
  const model = modelOf("paused");
  await fill(lineQueueName(model), 2);
  const begun = work(model);
  await vi.waitFor(() => expect(begun).toHaveLength(1), { timeout: 10_000 });
  await queues.pause(model);
  begun[0]?.();
  await vi.waitFor(async () => expect(await queues.countModel(model)).toMatchObject({ active: 0, isPaused: true }), {
    timeout: 10_000,
  });
  expect(begun).toHaveLength(1);
  await queues.resume(model);
  await vi.waitFor(() => expect(begun).toHaveLength(2), { timeout: 10_000 });
  expect(await queues.countModel(model)).toEqual({ waiting: 0, active: 1, isPaused: false });
});

test("lines that wait are counted while their model is paused, and come back with it", async () => {
  const model = modelOf("waiting");
  await queues.pause(model);
  await fill(lineQueueName(model), 2);
  const paused = await queues.countModel(model);
  expect(paused).toEqual({ waiting: 2, active: 0, isPaused: true });
  await queues.resume(model);
  expect(await queues.countModel(model)).toEqual({ waiting: 2, active: 0, isPaused: false });
});

test("the other queues are counted under their names, the steps of batches first", async () => {
  await fill(batchStepQueue, 1);
  await fill(noticeQueue, 2);
  expect(await queues.countOthers()).toEqual([
    { name: "batch-steps", waiting: 1, active: 0, isPaused: false },
    { name: "runs", waiting: 0, active: 0, isPaused: false },
    { name: "notices", waiting: 2, active: 0, isPaused: false },
  ]);
});

test("while Redis is away it fails at once, and works again afterwards", async () => {
  const lost = connectQueues(server.url, log);
  onTestFinished(() => lost.close());
  await lost.commands.connect();
  const queuesOfLost = createLaneQueues(lost, log);
  expect(await queuesOfLost.countModel("m")).toMatchObject({ waiting: 0 });
  const ended = once(lost.commands, "end");
  lost.commands.disconnect();
  await ended;
  await expect(queuesOfLost.countModel("m")).rejects.toThrow();
  await lost.commands.connect();
  expect(await queuesOfLost.countModel("m")).toMatchObject({ waiting: 0 });
});
