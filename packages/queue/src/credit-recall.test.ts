import { createTestRedis } from "@tera/testkit";
import { afterAll, afterEach, expect, test } from "vitest";
import { type CreditRecall, connectBlockingRedis, connectRedis, keys, startCreditRecall } from "./index.ts";

const log = { info: () => undefined, warn: () => undefined };
const server = await createTestRedis();
const redis = connectRedis(server.url, { name: "test", log });
await redis.connect();
const started: CreditRecall[] = [];
afterEach(() => {
  for (const one of started.splice(0)) one.stop();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** Never, unless a test is about it: a slow machine must not decide. */
const foreverMs = 60_000;

async function start(
  gatewayId: string,
  giveBackIdle: (purseId: string) => Promise<void> = async () => undefined,
  waitMs = foreverMs,
): Promise<CreditRecall> {
  const blockingRedis = connectBlockingRedis(server.url, { name: "test", log });
  const one = await startCreditRecall({ gatewayId, redis, blockingRedis, giveBackIdle, log, waitMs });
  started.push(one);
  return one;
}

test("those who are asked give back, nobody else, and who asked waits until they have done it", async () => {
  const done: string[] = [];
  const giveBack = (name: string) => async (purseId: string) => {
    await new Promise(setImmediate);
    done.push(`${name} ${purseId}`);
  };
  const asker = await start("g1", giveBack("g1"));
  for (const name of ["g2", "g3", "g4"]) await start(name, giveBack(name));
  await asker.recall("acct_1", ["g2", "g3"]);
  expect(done.sort()).toEqual(["g2 acct_1", "g3 acct_1"]);
});

test("several questions at once do not mix", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const asker = await start("g1");
  await start("g2", (purseId) => (purseId === "slow" ? promise : Promise.resolve()));
  const slow = asker.recall("slow", ["g2"]).then(() => "slow");
  const quick = asker.recall("quick", ["g2"]).then(() => "quick");
  expect(await Promise.race([slow, quick])).toBe("quick");
  resolve();
  expect(await slow).toBe("slow");
});

test("nobody is waited for who is gone, stands still or fails, and nonsense is passed over", async () => {
  const asker = await start("g1", undefined, 20);
  await start("g2", () => new Promise<void>(() => undefined));
  await start("g3", () => Promise.reject(new Error("away")));
  for (const nonsense of ["", "{}", '{"type":"answer"}', "["]) await redis.publish(keys.recall("g1"), nonsense);
  await asker.recall("acct_1", ["g2", "g3", "gone"]);
});

test("who cannot ask because Redis is away does not wait for answers", async () => {
  const options = { gatewayId: "g1", giveBackIdle: async () => undefined, log, waitMs: foreverMs };
  const blockingRedis = connectBlockingRedis(server.url, { name: "test", log });
  const unconnected = connectRedis(server.url, { name: "test", log });
  const asker = await startCreditRecall({ ...options, redis: unconnected, blockingRedis });
  started.push(asker);
  await asker.recall("acct_1", ["g2", "g3"]);
});
