/** Content logging: prompts and answers of keys that ask for it are kept, cut streams included, and of no other key. */
import { requestContent } from "@tera/database";
import { createContentStore } from "@tera/metering";
import { connectRedis, publishInvalidation } from "@tera/queue";
import { eq } from "drizzle-orm";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { usageRow } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ runner: { msPerToken: 2, slots: 4 } });
const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
const { find } = createContentStore(stack.database);
const marker = "a-word-that-nobody-else-says";
const ask = { model: stack.model, messages: [{ role: "user" as const, content: marker }], max_tokens: 20 };
let keyId: string;
let client: OpenAI;

beforeAll(async () => {
  await redis.connect();
  const made = await stack.keys.createKey({ accountId: stack.accountId, name: "logged", contentLogging: true });
  keyId = made.key.id;
  client = new OpenAI({ apiKey: made.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
});
afterAll(() => redis.disconnect());

async function kept(requestId: string) {
  await expect.poll(() => find(requestId), { interval: 20, timeout: 5_000 }).toBeDefined();
  return find(requestId);
}

test("what was asked and answered is kept with an expiry, whole or streamed", async () => {
  const { data, response } = await client.chat.completions.create(ask).withResponse();
  const text = data.choices[0]?.message.content;
  const expected = {
    keyId,
    accountId: stack.accountId,
    prompt: { parts: [{ role: "user", text: marker }], missingParts: 0 },
    answer: { parts: [{ index: 0, text }], missingParts: 0 },
  };
  const found = await kept(response.headers.get("x-request-id") ?? "");
  expect(found).toMatchObject(expected);
  expect(found?.expiresAt.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  expect(found?.expiresAt.getTime()).toBeLessThan(Date.now() + 31 * 86_400_000);

  const stream = await client.chat.completions.create({ ...ask, stream: true }).withResponse();
  for await (const _ of stream.data);
  expect(await kept(stream.response.headers.get("x-request-id") ?? "")).toMatchObject(expected);
});

test("of a stream that its client left, what had come until then", async () => {
  const { data, response } = await client.chat.completions
    .create({ ...ask, max_tokens: 100_000, stream: true })
    .withResponse();
  let received = "";
  for await (const chunk of data) {
    received += chunk.choices[0]?.delta.content ?? "";
    if (received.length > 20) break;
  }
  const requestId = response.headers.get("x-request-id") ?? "";
  expect((await usageRow(stack, requestId)).status).toBe("cancelled");
  expect((await kept(requestId))?.answer.parts[0]?.text?.startsWith(received)).toBe(true);
});

test("nothing is kept of other keys, nor once it is switched off; the prompt is in no log line and stays nowhere in Redis", async () => {
  const clientOf = (apiKey: string) => new OpenAI({ apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
  const witness = await stack.keys.createKey({ accountId: stack.accountId, name: "witness", contentLogging: true });
  /** Content is written in the order in which requests end: once a later one's is there, an earlier one's would be. */
  async function isKept(asker: OpenAI): Promise<boolean> {
    const idOf = async (who: OpenAI) => {
      const { response } = await who.chat.completions.create(ask).withResponse();
      return response.headers.get("x-request-id") ?? "";
    };
    const requestId = await idOf(asker);
    await kept(await idOf(clientOf(witness.apiKey)));
    return (await find(requestId)) !== undefined;
  }
  expect(await isKept(client)).toBe(true);
  expect(await isKept(clientOf(stack.apiKey))).toBe(false);
  await stack.keys.changeKey(keyId, { contentLogging: false });
  await publishInvalidation(redis, { type: "key", keyId });
  await expect.poll(() => isKept(client), { timeout: 10_000 }).toBe(false);

  expect(await stack.database.db.$count(requestContent, eq(requestContent.keyId, stack.keyId))).toBe(0);
  expect(stack.logs()).not.toContain(marker);
  for (const key of await redis.keys("*")) {
    if ((await redis.type(key)) !== "stream") continue;
    expect(JSON.stringify(await redis.xrange(key, "-", "+"))).not.toContain(marker);
  }
});
