/** The limiter against a real Redis, on a clock and with an interval that the test turns. */
import type { Limit, Principal } from "@tera/access";
import { emptyUsage, type GenerationRequest, usageRecordSchema } from "@tera/protocol";
import { connectRedis, createLimitStore, type LimitStore, type Redis } from "@tera/queue";
import { createTestRedis, type TestRedis } from "@tera/testkit";
import { newPrincipal } from "@tera/testkit/principal";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createLimiter } from "./limiter.ts";

const silent = { info: () => undefined, warn: () => undefined };
const intervalMs = 1_500;
const startMs = 1_800_000_000_000;
const clock = { nowMs: startMs };

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await createTestRedis();
  redis = connectRedis(server.url, { name: "test", log: silent });
  await redis.connect();
});
beforeEach(() => {
  clock.nowMs = startMs;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const request: GenerationRequest = {
  kind: "completion",
  model: "m",
  prompts: [[1, 2, 3, 4]],
  echo: false,
  n: 1,
  sampling: { maxTokens: 6 },
};

function principalWith(...limits: Limit[]): Principal {
  return newPrincipal({ accountId: "a", keyId: "k2", firstKeyId: "k1", limits });
}
const requests = (max: number, of: Limit["of"] = "key"): Limit => ({ of, kind: "requests", max });
const tokens = (max: number, of: Limit["of"] = "key"): Limit => ({ of, kind: "tokens", max });
const open = (max: number): Limit => ({ of: "key", kind: "concurrency", max });

function record(promptTokens: number, completionTokens: number) {
  return usageRecordSchema.parse({
    version: 1,
    requestId: "req_1",
    accountId: "a",
    keyId: "k2",
    model: "m",
    endpoint: "completion",
    stream: false,
    status: "succeeded",
    usage: { ...emptyUsage(), promptTokens, completionTokens },
    gatewayId: "g",
    attempts: 1,
    admittedAtMs: 1,
    totalMs: 1,
  });
}

/** A limiter whose store does what `change` says instead. */
function gateway(change: (store: LimitStore) => Partial<LimitStore> = () => ({})) {
  const whole = createLimitStore({ redis, now: () => clock.nowMs });
  const store = { ...whole, ...change(whole) };
  const refusals: Limit[] = [];
  const limiter = createLimiter({
    store,
    connected: () => true,
    onRefused: (limit) => refusals.push(limit),
    log: silent,
  });
  return {
    ...limiter,
    refusals,
    ask: (principal: Principal) => limiter.hold(principal, request, () => undefined),
    /** Redis answers in order: what was sent before has been done. */
    async turn() {
      await vi.advanceTimersByTimeAsync(intervalMs);
      for (let round = 0; round < 4; round++) await redis.ping();
    },
  };
}

test("the error names the limit that is waited for longest, and whose it is", async () => {
  const { ask, refusals } = gateway();
  const principal = principalWith(requests(9), tokens(10, "account"), requests(1, "account"));
  await ask(principal);
  await expect(ask(principal)).rejects.toMatchObject({
    code: "rate_limit_exceeded",
    message: expect.stringMatching(
      /the account may use 10 tokens per minute, 10 are used, and this request can take 10/,
    ),
    retryAfterS: 61,
  });
  expect(refusals).toEqual([tokens(10, "account")]);
});

test("the seconds of retry-after are enough, and a second less is not", async () => {
  const { ask } = gateway();
  const principal = principalWith(requests(1));
  await ask(principal);
  clock.nowMs += 17_300;
  const refusal = await ask(principal).catch((error: { retryAfterS: number }) => error);
  const waitMs = "retryAfterS" in refusal ? refusal.retryAfterS * 1_000 : 0;
  clock.nowMs += waitMs - 1_000;
  await expect(ask(principal)).rejects.toMatchObject({ code: "rate_limit_exceeded" });
  clock.nowMs += 1_000;
  await expect(ask(principal)).resolves.toBeDefined();
});

test("of key and account, the headers tell what is left of the nearer limit; refused requests count in neither", async () => {
  const { ask, look } = gateway();
  const principal = principalWith(requests(2), tokens(1_000), requests(5, "account"), tokens(60, "account"));
  const { state } = await ask(principal);
  expect(state).toMatchObject({ requests: { limit: 2, remaining: 1 }, tokens: { limit: 60, remaining: 50 } });
  await ask(principal);
  await expect(ask(principal)).rejects.toThrow();
  expect(await look(principal)).toMatchObject({ requests: { remaining: 0 }, tokens: { remaining: 40 } });
});

test("tokens become what the engine counted; a request that was called off counts nowhere", async () => {
  const { ask, look } = gateway();
  const principal = principalWith(requests(10), tokens(100), open(2));
  const [first, second] = [await ask(principal), await ask(principal)];
  first.settle(record(3, 1));
  await redis.ping();
  expect(await look(principal)).toMatchObject({ requests: { remaining: 8 }, tokens: { remaining: 86 } });
  second.cancel();
  await redis.ping();
  expect(await look(principal)).toMatchObject({ requests: { remaining: 9 }, tokens: { remaining: 96 } });
  await expect(Promise.all([ask(principal), ask(principal)])).resolves.toBeDefined();
});

test("what an engine wrote beyond what was taken counts from the end of the request", async () => {
  const { ask, look } = gateway();
  const principal = principalWith(tokens(100));
  const hold = await ask(principal);
  clock.nowMs += 100_000;
  hold.settle(record(4, 46));
  await redis.ping();
  expect(await look(principal)).toMatchObject({ tokens: { remaining: 60 } });
});

test("places are held for as long as the gateway lives", async () => {
  const { ask, turn } = gateway();
  const late = gateway();
  const principal = principalWith(open(1));
  await ask(principal);
  for (let turns = 0; turns < 10; turns++) {
    clock.nowMs += intervalMs;
    await turn();
    await expect(late.ask(principal)).rejects.toMatchObject({ retryAfterS: 1 });
  }
});

test("places are put back after Redis was wiped", async () => {
  const { ask, turn } = gateway();
  const principal = principalWith(open(1));
  const hold = await ask(principal);
  await redis.flushall();
  await turn();
  await expect(ask(principal)).rejects.toThrow("1 requests open at once");
  hold.settle(record(1, 1));
  await redis.ping();
  await expect(ask(principal)).resolves.toBeDefined();
});

test("a place whose release was lost with a connection is given up at the next turn", async () => {
  const { ask, turn } = gateway(() => ({ settle: () => Promise.reject(new Error("Connection is closed.")) }));
  const principal = principalWith(open(1));
  (await ask(principal)).settle(record(1, 1));
  await redis.ping();
  await expect(ask(principal)).rejects.toThrow("open at once");
  await turn();
  await expect(ask(principal)).resolves.toBeDefined();
});

test("a place that was taken by a request whose answer was lost is given up, and the client told to come back", async () => {
  const lossy = gateway(({ take }) => ({
    async take(...args) {
      await take(...args);
      throw new Error("Command timed out");
    },
  }));
  const principal = principalWith(open(1));
  await expect(lossy.ask(principal)).rejects.toMatchObject({ code: "queue_unavailable", retryAfterS: 2 });
  await expect(gateway().ask(principal)).rejects.toThrow("open at once");
  await lossy.turn();
  await expect(gateway().ask(principal)).resolves.toBeDefined();
});
