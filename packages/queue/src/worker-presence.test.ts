import { once } from "node:events";
import { createTestRedis } from "@tera/testkit";
import { newWorkerState } from "@tera/testkit/worker-state";
import { afterAll, expect, it, onTestFinished, vi } from "vitest";
import { connectRedis } from "./connection.ts";
import { readWorkerStates, startWorkerPresence } from "./worker-presence.ts";

const server = await createTestRedis();
const redis = connectRedis(server.url, { name: "test", log: { info: () => undefined, warn: () => undefined } });
await redis.connect();
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const worker = newWorkerState("w", []);

it("tells an outage of Redis once, and its end once, however many beats it lasts", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const log = { info: vi.fn(), warn: vi.fn() };
  const presence = startWorkerPresence({ redis, log, state: () => worker });
  const ended = once(redis, "end");
  redis.disconnect();
  await ended;
  await vi.advanceTimersByTimeAsync(3_000);
  await redis.connect();
  await vi.advanceTimersByTimeAsync(2_000);
  await vi.waitFor(async () => expect(await readWorkerStates(redis)).toEqual([worker]));
  await presence.stop();
  expect(log.warn.mock.calls).toEqual([[{ reason: expect.any(String) }, "heartbeat failed"]]);
  expect(log.info.mock.calls).toEqual([[{}, "the heartbeat is back"]]);
});
