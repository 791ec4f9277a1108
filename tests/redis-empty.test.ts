/** Redis is wiped under load: what is open is done again or ends in a clear error, at once, and nothing is on record twice. */
import { connectRedis } from "@tera/queue";
import { expectedChat } from "@tera/testkit";
import OpenAI from "openai";
import { expect, onTestFinished, test } from "vitest";
import { usageRows } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ workers: 2, fakeRunners: 2, runner: { slots: 4, msPerToken: 20 } });
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
const tokens = 100;

function body(number: number) {
  const messages = [{ role: "user" as const, content: `Question ${number}` }];
  return { model: stack.model, messages, max_tokens: tokens };
}

async function readStream(number: number): Promise<string> {
  let text = "";
  for await (const chunk of await client.chat.completions.create({ ...body(number), stream: true })) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  return text;
}

test("whole answers come all the same, streams that had begun end in an error frame", async () => {
  const log = { info: () => undefined, warn: () => undefined };
  const redis = connectRedis(stack.redisUrl, { name: "test", log });
  onTestFinished(() => redis.disconnect());
  await redis.connect();
  const numbers = Array.from({ length: 20 }, (_, number) => number);
  const streamed = [100, 101, 102];
  const whole = numbers.map(async (number) => (await client.chat.completions.create(body(number))).choices[0]);
  const streams = Promise.allSettled(streamed.map(readStream));
  await expect
    .poll(async () => (await Promise.all(stack.runners.map((runner) => runner.report()))).map(({ running }) => running))
    .toEqual([4, 4]);

  await redis.flushall();

  const texts = (await Promise.all(whole)).map((choice) => choice?.message.content);
  expect(texts).toEqual(numbers.map((number) => expectedChat(body(number)).choices[0]?.content));
  for (const [index, stream] of (await streams).entries()) {
    const number = streamed[index] ?? 0;
    if (stream.status === "fulfilled") expect(stream.value).toBe(expectedChat(body(number)).choices[0]?.content);
    else expect(stream.reason).toMatchObject({ code: "worker_lost" });
  }
  expect(await usageRows(stack, 23)).toHaveLength(23);
}, 40_000);
