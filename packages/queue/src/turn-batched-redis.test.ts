/** How commands leave, against a real Redis. */
import { createTestRedis, type TestRedis } from "@tera/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { TurnBatchedRedis } from "./turn-batched-redis.ts";

let server: TestRedis;
let redis: TurnBatchedRedis;

beforeAll(async () => {
  server = await createTestRedis();
  redis = new TurnBatchedRedis(server.url, { lazyConnect: true, protocol: 2 });
  await redis.connect();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** Counts what reaches the socket. */
function countWrites(): () => number {
  const single = vi.spyOn(redis.stream, "_write");
  const gathered = vi.spyOn(redis.stream, "_writev");
  return () => single.mock.calls.length + gathered.mock.calls.length;
}

test("the commands of one turn leave in one write, in order, pipelines too", async () => {
  const writes = countWrites();
  const answers = await Promise.all([
    redis.set("key", "1"),
    redis.incr("key"),
    redis.multi().incr("key").incr("key").exec(),
    redis.get("key"),
  ]);
  expect(answers).toEqual([
    "OK",
    2,
    [
      [null, 3],
      [null, 4],
    ],
    "4",
  ]);
  expect(writes()).toBe(1);
});

test("a lone command leaves before the turn is over", async () => {
  const writes = countWrites();
  const answer = redis.get("key");
  expect(writes()).toBe(0);
  await new Promise(setImmediate);
  expect(writes()).toBe(1);
  await answer;
});
