/** Limits of keys and accounts over several gateways: never more than allowed, and as much as allowed. */
import { connectRedis, publishInvalidation } from "@tera/queue";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ gateways: 3, workers: 2, fakeRunners: 2, runner: { slots: 256, msPerToken: 5 } });
const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
beforeAll(() => redis.connect());
afterAll(() => redis.disconnect());

type KeySettings = Partial<Parameters<typeof stack.keys.createKey>[0]>;

async function keyWith(settings: KeySettings) {
  const account = await stack.keys.createAccount({ name: "limited", kind: "postpaid" });
  const { apiKey, key } = await stack.keys.createKey({ accountId: account.id, name: "k", ...settings });
  const clients = stack.gateways.map(({ url }) => new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 }));
  return { account, apiKey, key, clients };
}

const body = { model: stack.model, messages: [{ role: "user" as const, content: "Hello!" }] };
/** Tokens that a request of `body` is taken to use, beside its output: six letters, and the message around them. */
const promptTokens = 2 + 4;

/** Opens streams that go on until they are let go, all at once and over all gateways. */
async function openStreams(clients: readonly OpenAI[], count: number, maxTokens: number) {
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, (_, index) =>
      clients[index % clients.length]?.chat.completions.create({ ...body, max_tokens: maxTokens, stream: true }),
    ),
  );
  return {
    accepted: outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" && outcome.value !== undefined ? [outcome.value] : [],
    ),
    refused: outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : [])),
  };
}

test("200 requests at once over three gateways, 20 requests a minute: 20 are served", async () => {
  const { clients } = await keyWith({ requestsPerMinuteMax: 20 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) =>
      clients[index % clients.length]?.chat.completions.create({ ...body, max_tokens: 1 }),
    ),
  );
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  expect(outcomes.length - refused.length).toBe(20);
  for (const reason of refused) {
    expect(reason).toMatchObject({ status: 429, code: "rate_limit_exceeded", type: "rate_limit_error" });
    expect(reason.message).toContain("this API key may make 20 requests per minute");
    const retryAfterS = Number(reason.headers.get("retry-after"));
    expect(retryAfterS).toBeGreaterThan(0);
    expect(retryAfterS).toBeLessThanOrEqual(61);
    expect(reason.headers.get("x-ratelimit-remaining-requests")).toBe("0");
  }
});

test("200 streams at once, 5 open at once: 5 are served, and the next one as soon as one has ended", async () => {
  const { clients } = await keyWith({ concurrencyMax: 5 });
  const { accepted, refused } = await openStreams(clients, 200, 100_000);
  expect(accepted).toHaveLength(5);
  for (const reason of refused) {
    expect(reason).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    expect(reason.message).toContain("5 requests open at once");
  }
  accepted.pop()?.controller.abort();
  await expect.poll(() => served(clients[1]), { interval: 50, timeout: 10_000 }).toBe(true);
  for (const stream of accepted) stream.controller.abort();
});

test("200 streams at once, tokens for 13 of them: 13 are served, and what they did not use is given back", async () => {
  const { clients } = await keyWith({ tokensPerMinuteMax: 13 * (promptTokens + 1_000) + 900 });
  const { accepted, refused } = await openStreams(clients, 200, 1_000);
  expect(accepted).toHaveLength(13);
  for (const reason of refused) expect(reason.message).toContain("tokens per minute");
  for (const stream of accepted) stream.controller.abort();
  const remaining = async () => {
    const { response } = (await clients[0]?.models.list().withResponse()) ?? {};
    return Number(response?.headers.get("x-ratelimit-remaining-tokens"));
  };
  await expect.poll(remaining, { interval: 50, timeout: 10_000 }).toBeGreaterThan(900 + 1_000);
});

test("the limits of an account hold for all its keys together", async () => {
  const { account, clients } = await keyWith({ requestsPerMinuteMax: 100 });
  await stack.keys.setAccount(account.id, { requestsPerMinuteMax: 3 });
  const { apiKey } = await stack.keys.createKey({ accountId: account.id, name: "other" });
  await publishInvalidation(redis, { type: "account", accountId: account.id });
  const other = new OpenAI({ apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 12 }, (_, index) =>
      (index % 2 === 0 ? other : clients[1])?.chat.completions.create({ ...body, max_tokens: 1 }),
    ),
  );
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  expect(outcomes.length - refused.length).toBe(3);
  for (const reason of refused) expect(reason.message).toContain("the account may make 3 requests per minute");
});

test("every answer to a limited key says how far it is: whole, streamed, refused and wrong", async () => {
  const { apiKey } = await keyWith({ requestsPerMinuteMax: 2, tokensPerMinuteMax: 10_000 });
  const ask = (change: object) =>
    fetch(`${stack.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ ...body, max_tokens: 10, ...change }),
    });
  const said = ({ status, headers }: Response) => ({
    status,
    limit: headers.get("x-ratelimit-limit-requests"),
    remaining: headers.get("x-ratelimit-remaining-requests"),
    tokens: headers.get("x-ratelimit-limit-tokens"),
  });
  const common = { limit: "2", tokens: "10000" };
  const whole = await ask({});
  expect(said(whole)).toEqual({ status: 200, remaining: "1", ...common });
  expect(whole.headers.get("x-ratelimit-remaining-tokens")).toBe(String(10_000 - promptTokens - 10));
  expect(whole.headers.get("x-ratelimit-reset-requests")).toMatch(/^1m[01]s$/);
  expect(said(await ask({ temperature: 9 }))).toEqual({ status: 400, remaining: "1", ...common });
  expect(said(await ask({ stream: true }))).toEqual({ status: 200, remaining: "0", ...common });
  expect(said(await ask({}))).toEqual({ status: 429, remaining: "0", ...common });
  expect(said(await ask({ model: "no/such" }))).toEqual({ status: 404, remaining: "0", ...common });
});

test("a request that is larger than the limit is told so, and no time to wait", async () => {
  const { clients } = await keyWith({ tokensPerMinuteMax: 500 });
  await expect(clients[0]?.chat.completions.create({ ...body, max_tokens: 600 })).rejects.toMatchObject({
    status: 429,
    param: "max_tokens",
    message: expect.stringContaining("can take 606 tokens"),
  });
  // Who names no max_tokens is not taken to want all that a model could write.
  await expect(clients[0]?.chat.completions.create(body)).resolves.toBeDefined();
});

test("after a gateway was killed, what it held of a limit is free for the others", async () => {
  const { clients } = await keyWith({ concurrencyMax: 4 });
  const [doomed, other] = clients;
  const streams = await Promise.all(
    Array.from({ length: 4 }, () => doomed?.chat.completions.create({ ...body, max_tokens: 100_000, stream: true })),
  );
  const broken = Promise.allSettled(
    streams.map(async (stream) => {
      for await (const _ of stream ?? []);
    }),
  );
  expect(await served(other)).toBe(false);
  const killedAtMs = performance.now();
  await stack.gateways[0]?.process.kill("SIGKILL");
  await broken;
  await expect.poll(() => served(other), { interval: 100, timeout: 20_000 }).toBe(true);
  expect(performance.now() - killedAtMs).toBeLessThan(10_000);
});

async function served(client: OpenAI | undefined): Promise<boolean> {
  try {
    await client?.chat.completions.create({ ...body, max_tokens: 1 });
    return true;
  } catch (error) {
    if (error instanceof OpenAI.APIError && error.status === 429) return false;
    throw error;
  }
}
