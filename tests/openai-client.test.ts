/** OpenAI's client against the whole stack with a fake runner: what every engine does, and what only a computable text can show. */
import { expectedChat, expectedCompletion, fakeSpeech, speechSamples, triggers } from "@tera/testkit";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { describeOpenAiClient } from "./support/client-suite.ts";
import { usageRow } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack();
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
const { model } = stack;
const messages = [{ role: "user" as const, content: "Größe? 日本 🙂" }];

describeOpenAiClient({ stack, model, weatherQuestion: `What is the weather in Ankara? Now ${triggers.callTool}.` });

test("every byte of a long answer arrives, whole and streamed", async () => {
  const body = { model, messages, seed: 5, max_tokens: 2_000 };
  const expected = expectedChat(body).choices[0]?.content;
  expect((await client.chat.completions.create(body)).choices[0]?.message.content).toBe(expected);
  const chunks = await Array.fromAsync(await client.chat.completions.create({ ...body, stream: true }));
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(expected);
});

test("a runner's chunk borders do not show, be they inside characters or tags", async () => {
  const body = { model, messages, reasoning_effort: "low" as const, max_tokens: 60 };
  const expected = expectedChat(body).choices[0];
  await stack.runners[0]?.control({ bytesPerWrite: 3, reasoningStyle: "tags" });
  try {
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...body, stream: true }));
    const deltas = chunks.map(
      (chunk): { content?: string | null; reasoning_content?: string } => chunk.choices[0]?.delta ?? {},
    );
    expect(deltas.map((delta) => delta.content ?? "").join("")).toBe(expected?.content);
    expect(deltas.map((delta) => delta.reasoning_content ?? "").join("")).toBe(expected?.reasoning);
  } finally {
    await stack.runners[0]?.control({ bytesPerWrite: 0, reasoningStyle: "reasoning" });
  }
});

test("several choices are each their own text, whole and streamed", async () => {
  const body = { model, messages, n: 3 };
  const expected = expectedChat(body).choices.map(({ content }) => content);
  const whole = await client.chat.completions.create(body);
  expect(whole.choices.map((choice) => choice.message.content)).toEqual(expected);
  const texts = ["", "", ""];
  for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
    for (const choice of chunk.choices) texts[choice.index] += choice.delta.content ?? "";
  }
  expect(texts).toEqual(expected);
});

test("completions take texts and token ids, with echo and log probabilities", async () => {
  const body = { model, prompt: ["one two", "three"], n: 2, echo: true, max_tokens: 5, logprobs: 2 };
  const answer = await client.completions.create(body);
  const expected = expectedCompletion(body).choices.map(({ content }) => content);
  expect(answer.choices.map(({ text }) => text)).toEqual(
    expected.map((text, at) => (at < 2 ? "one two" : "three") + text),
  );
  expect(answer.choices[0]?.logprobs?.tokens?.join("")).toBe(answer.choices[0]?.text);
  expect((await client.completions.create({ model, prompt: [5, 6, 7], max_tokens: 1 })).usage?.prompt_tokens).toBe(3);
});

test("log probabilities arrive per token", async () => {
  const answer = await client.chat.completions.create({
    model,
    messages,
    max_tokens: 6,
    logprobs: true,
    top_logprobs: 2,
  });
  const tokens = answer.choices[0]?.logprobs?.content ?? [];
  expect(tokens.map(({ token }) => token).join("")).toBe(answer.choices[0]?.message.content);
  expect(tokens.every(({ top_logprobs: top }) => top.length === 2)).toBe(true);
});

test("all tools are called at once when the model wants to", async () => {
  const tools = ["get_weather", "get_time"].map((name) => ({
    type: "function" as const,
    function: { name, parameters: { type: "object", properties: {} } },
  }));
  const asked = [{ role: "user" as const, content: triggers.callAllTools }];
  const stream = client.chat.completions.stream({ model, messages: asked, tools });
  const { choices } = await stream.finalChatCompletion();
  const calls = choices[0]?.message.tool_calls ?? [];
  expect(calls.map((call) => (call.type === "function" ? call.function.name : call.type))).toEqual([
    "get_weather",
    "get_time",
  ]);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
});

test("cached tokens are told, and kept", async () => {
  const body = { model, messages: [{ role: "user" as const, content: "word ".repeat(100) }] };
  await client.chat.completions.create(body);
  const { data, response } = await client.chat.completions.create(body).withResponse();
  expect(data.usage?.prompt_tokens_details?.cached_tokens).toBe(96);
  expect(await usageRow(stack, response.headers.get("x-request-id") ?? "")).toMatchObject({ cachedTokens: 96 });
});

test.each(["wav", "mp3", "pcm"] as const)(
  "speech as %s is the runner's audio, byte for byte, sent as it is made",
  async (format) => {
    const input = "A sentence that takes about a second.";
    await stack.runners[0]?.control({ msPerToken: 20 });
    try {
      const response = await client.audio.speech.create({ model, input, voice: "alloy", response_format: format });
      expect(response.headers.get("content-type")).toMatch(/^audio\//);
      const pieces = await Array.fromAsync(response.body ?? []);
      expect(pieces.length).toBeGreaterThan(1);
      expect(Buffer.concat(pieces).equals(fakeSpeech(format, speechSamples(input, 1, 20)))).toBe(true);
      expect(await usageRow(stack, response.headers.get("x-request-id") ?? "")).toMatchObject({
        endpoint: "speech",
        speechCharacters: input.length,
      });
    } finally {
      await stack.runners[0]?.control({ msPerToken: 0 });
    }
  },
);

test("speech in a format that the engine has not is a clear 400", async () => {
  const refused = client.audio.speech.create({ model, input: "x", voice: "alloy", response_format: "flac" });
  await expect(refused).rejects.toMatchObject({ status: 400 });
});

test("what reaches the runner is an allow-list", async () => {
  await stack.runners[0]?.clear();
  await client.chat.completions.create({
    model,
    messages,
    user: "someone",
    metadata: { a: "b" },
    ...{ guided_regex: "x", priority: -1 },
  });
  const [request] = (await stack.runners[0]?.report())?.requests ?? [];
  const body = request?.body ?? {};
  for (const field of ["user", "metadata", "guided_regex", "priority"]) expect(body).not.toHaveProperty(field);
  expect(request?.headers["authorization"]).toBeUndefined();
});
