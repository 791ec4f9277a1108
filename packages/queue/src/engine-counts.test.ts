import type { EngineCount } from "@tera/protocol";
import { createTestRedis, type TestRedis } from "@tera/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectRedis, dropEngineCounts, keys, publishEngineCount, type Redis, readEngineCounts } from "./index.ts";

const warnings: object[] = [];
const log = { info: () => undefined, warn: (fields: object) => void warnings.push(fields) };

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await createTestRedis();
  redis = connectRedis(server.url, { name: "test", log });
  await redis.connect();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

function count(runnerId: string): EngineCount {
  const range = { min: 1, max: 2 };
  const measure = { counted: range, made: range, served: range, canary: 0 };
  const stretch = { openedAtMs: 1, closedAtMs: 2, prompt: measure, completion: measure };
  return { version: 1, workerId: "w", runnerId, engine: "vllm", engineAddress: "gpu:8000", ...stretch };
}

it("counts come in the order in which they were told, until they are dropped; what cannot be read is left out and dropped with them", async () => {
  await publishEngineCount(redis, count("a"));
  await redis.xadd(keys.engineCounts, "*", "count", JSON.stringify({ version: 2 }));
  await redis.xadd(keys.engineCounts, "*", "count", "{");
  await publishEngineCount(redis, count("b"));
  const page = await readEngineCounts(redis, log);
  expect(page.counts).toEqual([count("a"), count("b")]);
  expect(page.entryIds).toHaveLength(4);
  expect(warnings).toHaveLength(2);
  expect((await readEngineCounts(redis, log)).counts).toHaveLength(2);
  await dropEngineCounts(redis, page.entryIds);
  expect(await readEngineCounts(redis, log)).toEqual({ entryIds: [], counts: [] });
  await dropEngineCounts(redis, []);
});
