/** A prompt of a million tokens is legal: it passes whole, and other requests do not wait for it. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { expectedChat } from "@tera/testkit";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ runner: { maxModelLen: 2_000_000 } });
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
const content = Array.from({ length: 1_000_000 }, (_, at) => `w${at % 977}`).join(" ");

test("as text", async () => {
  const body = { model: stack.model, messages: [{ role: "user" as const, content }], max_tokens: 8 };
  const answer = await client.chat.completions.create(body);
  const expected = expectedChat(body, { maxModelLen: 2_000_000 });
  expect(answer.choices[0]?.message.content).toBe(expected.choices[0]?.content);
  expect(answer.usage?.prompt_tokens).toBe(expected.promptTokens);
  expect(answer.usage?.prompt_tokens).toBeGreaterThan(1_000_000);
});

test("as token ids", async () => {
  const prompt = Array.from({ length: 1_000_000 }, (_, at) => at % 50_000);
  const answer = await client.completions.create({ model: stack.model, prompt, max_tokens: 4 });
  expect(answer.usage).toMatchObject({ prompt_tokens: 1_000_000, completion_tokens: 4 });
});

test("more than the context is a 400 that says so", async () => {
  await stack.runners[0]?.control({ maxModelLen: 1_000 });
  try {
    const refused = client.chat.completions.create({
      model: stack.model,
      messages: [{ role: "user", content: "word ".repeat(2_000) }],
    });
    await expect(refused).rejects.toMatchObject({ status: 400, type: "invalid_request_error" });
  } finally {
    await stack.runners[0]?.control({ maxModelLen: 2_000_000 });
  }
});

test("more than the body limit is a 413", async () => {
  const request = httpRequest(`${stack.baseUrl}/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${stack.apiKey}`,
      "content-type": "application/json",
      "content-length": 33 * 1024 * 1024,
    },
  });
  // The gateway has no need to read on once it knows the length; the rest of the body is not sent.
  request.flushHeaders();
  const [response] = await once(request, "response");
  expect(response.statusCode).toBe(413);
  request.destroy();
});
