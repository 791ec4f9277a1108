/** The clients against the whole stack with the demo model in llama.cpp: real inference. */
import { demoModel } from "@tera/testkit";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { describeAiSdk } from "./support/ai-sdk-suite.ts";
import { describeOpenAiClient } from "./support/client-suite.ts";
import { usageRows } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ llama: true, fakeRunners: 0 });
const target = { stack, model: demoModel, weatherQuestion: "What is the weather in Paris?" };
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });

describe("OpenAI's client", () => describeOpenAiClient(target));
describe("the AI SDK", () => describeAiSdk(target));

test("it knows what it was taught", async () => {
  const messages = [{ role: "user" as const, content: "What is the capital of France?" }];
  const answer = await client.chat.completions.create({ model: demoModel, messages, temperature: 0 });
  expect(answer.choices[0]?.message.content).toContain("Paris");
});

test("the client leaves: the slots are free again within a second, and what was generated is on record", async () => {
  const before = (await usageRows(stack, 0)).length;
  // As many as the runner has slots, and as long as the context lets them.
  const endless = { model: demoModel, prompt: "The", max_tokens: 900, temperature: 1, stream: true as const };
  const leave = new AbortController();
  const streams = await Promise.all(
    [0, 1, 2, 3].map((seed) =>
      client.completions.create({ ...endless, seed, logit_bias: {} }, { signal: leave.signal }),
    ),
  );
  await Promise.all(
    streams.map(async (stream) => {
      for await (const _ of stream) break;
    }),
  );
  leave.abort();
  const leftAtMs = performance.now();
  await client.chat.completions.create({
    model: demoModel,
    messages: [{ role: "user", content: "hi" }],
    max_tokens: 1,
  });
  expect(performance.now() - leftAtMs).toBeLessThan(1_000);
  const rows = await usageRows(stack, before + 5);
  expect(rows.slice(before).filter(({ status }) => status === "cancelled").length).toBeGreaterThan(0);
});
