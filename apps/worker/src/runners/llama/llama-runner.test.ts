import type { ChatGeneration, TeraError, Tool } from "@tera/protocol";
import { Ajv2020 } from "ajv/dist/2020.js";
import { getLlama, type Llama, type LlamaModel } from "node-llama-cpp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Runner } from "../runner.ts";
import { ask, chat, completion, demoModel, readChoice, startTestRunner, type TestRunner } from "./testing.ts";

let nano: TestRunner;
let runner: Runner;
let llama: Llama;
let vocabulary: LlamaModel;
beforeAll(async () => {
  nano = startTestRunner();
  runner = nano.runner;
  llama = await getLlama({ gpu: false, build: "never", skipDownload: true, progressLogs: false });
  vocabulary = await llama.loadModel({ modelPath: demoModel, vocabOnly: true });
  await nano.until("ready");
});
afterAll(async () => {
  await runner.stop();
  await llama.dispose();
});

/** The id of a text that is one token. */
function idOf(text: string): number {
  const [token, ...more] = vocabulary.tokenize(text);
  if (token === undefined || more.length > 0) throw new Error(`${text} is not one token`);
  return token;
}

const capital = "What is the capital of France?";
const paris = "The capital of France is Paris.";
const getWeather: Tool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Get the current weather for a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const story: Partial<ChatGeneration> = { sampling: { temperature: 1, seed: 7, maxTokens: 60 } };

async function refusal(request: Parameters<typeof ask>[1]): Promise<TeraError> {
  return await ask(runner, request).then(
    () => expect.fail("it was not refused"),
    (error: TeraError) => error,
  );
}

test("a ready runner describes its model from the file", () => {
  expect(runner.status()).toMatchObject({
    id: "nano",
    kind: "llama",
    state: "ready",
    slots: 4,
    busy: 0,
    models: [{ id: "tera/tera-nano", contextLength: 1_024, quantization: "F16", outputModalities: ["text"] }],
  });
  expect(runner.status().models[0]?.features.toSorted()).toEqual(
    ["json_mode", "logprobs", "reasoning", "structured_outputs", "tools"].toSorted(),
  );
});

test("a chat is answered, streamed in pieces, counted and finished", async () => {
  const answer = await ask(runner, chat(capital));
  expect(answer.content).toBe(paris);
  expect(answer.deltas.length).toBeGreaterThan(3);
  expect(answer.deltas.at(-1)).toEqual({ index: 0, finishReason: "stop" });
  expect(answer.usage).toMatchObject({ promptTokens: 16, completionTokens: 8, reasoningTokens: 0, source: "engine" });
  expect(runner.status().busy).toBe(0);
});

test("at temperature 0 the same request has the same answer, and with a seed too", async () => {
  const request = chat("Tell me a story", { sampling: { temperature: 0, maxTokens: 60 } });
  const first = await ask(runner, request);
  expect((await ask(runner, request)).content).toBe(first.content);
  const seeded = await ask(runner, chat("Tell me a story", story));
  expect((await ask(runner, chat("Tell me a story", story))).content).toBe(seeded.content);
});

test("without a seed, sampling differs from one request to the next", async () => {
  const request = chat("Tell me a story", { sampling: { temperature: 1.5, maxTokens: 40 } });
  const answers = await Promise.all([1, 2, 3, 4].map(() => ask(runner, request)));
  expect(new Set(answers.map(({ content }) => content)).size).toBeGreaterThan(1);
});

test("a prompt that begins like an earlier one is served from the cache", async () => {
  await ask(runner, chat(capital));
  const { usage } = await ask(runner, chat(capital));
  expect(usage.cachedTokens).toBe(usage.promptTokens - 1);
});

test("sequences that run side by side give the texts that each gives alone", async () => {
  const questions = [capital, "What is the capital of Norway?", "Tell me a story", "Who are you?"];
  const requests = questions.map((question) => chat(question, { sampling: { temperature: 0, maxTokens: 60 } }));
  const alone: string[] = [];
  for (const request of requests) alone.push((await ask(runner, request)).content);
  const together = await Promise.all(requests.map((request) => ask(runner, request)));
  expect(together.map(({ content }) => content)).toEqual(alone);
});

test("reasoning comes apart from the answer and is counted", async () => {
  for (const request of [chat(`${capital} /think`), chat(capital, { reasoningEffort: "high" })]) {
    const { content, reasoning, usage } = await ask(runner, request);
    expect(content).toBe(paris);
    expect(reasoning).toContain("Paris");
    expect(usage.reasoningTokens).toBeGreaterThan(5);
    expect(usage.reasoningTokens).toBeLessThan(usage.completionTokens);
  }
  expect((await ask(runner, chat(capital, { reasoningEffort: "none" }))).reasoning).toBe("");
});

test("a tool is called, and its result answered", async () => {
  const request = chat("What is the weather in Oslo?", { tools: [getWeather] });
  const { calls, content, finishReason } = await ask(runner, request);
  expect(calls).toEqual([
    { id: expect.stringMatching(/^call_\w{24}$/), name: "get_weather", arguments: expect.any(String) },
  ]);
  expect(JSON.parse(calls[0]?.arguments ?? "")).toEqual({ city: "Oslo" });
  expect([content, finishReason]).toEqual(["", "tool_calls"]);
  const result: ChatGeneration = {
    ...request,
    messages: [
      ...request.messages,
      {
        role: "assistant",
        content: null,
        tool_calls: calls.map(({ id, ...call }) => ({ id, type: "function", function: call })),
      },
      { role: "tool", tool_call_id: calls[0]?.id ?? "", content: '{"temperature": 21, "condition": "sunny"}' },
    ],
  };
  const answer = await ask(runner, result);
  expect(answer.content).not.toBe("");
  expect(answer.finishReason).toBe("stop");
});

test("tool_choice none leaves the tools away, required and a named function force a call that fits its schema", async () => {
  const weather = "What is the weather in Oslo?";
  const none = await ask(runner, chat(weather, { tools: [getWeather], toolChoice: "none" }));
  expect([none.calls, none.finishReason]).toEqual([[], "stop"]);
  for (const toolChoice of ["required", { type: "function", function: { name: "get_weather" } }] as const) {
    const forced = await ask(runner, chat("Hello!", { tools: [getWeather], toolChoice, parallelToolCalls: false }));
    expect(forced.calls.map(({ name }) => name)).toEqual(["get_weather"]);
    expect(Object.keys(JSON.parse(forced.calls[0]?.arguments ?? ""))).toEqual(["city"]);
    expect([forced.content, forced.finishReason]).toEqual(["", "tool_calls"]);
  }
});

test("an answer in a JSON schema is valid against it, even when sampled wildly", async () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string", maxLength: 12 },
      age: { type: "integer", minimum: 0, maximum: 150 },
      mood: { enum: ["good", "bad"] },
      tags: { type: "array", items: { type: ["string", "null"], maxLength: 4 }, maxItems: 2 },
    },
    required: ["name", "age", "mood"],
    additionalProperties: false,
  };
  const isValid = new Ajv2020().compile(schema);
  const responseFormat = { type: "json_schema", json_schema: { name: "person", schema } } as const;
  for (let seed = 0; seed < 8; seed++) {
    const request = chat("Tell me about Anna.", { responseFormat, sampling: { temperature: 2, seed, maxTokens: 200 } });
    const { content, finishReason } = await ask(runner, request);
    expect(finishReason).toBe("stop");
    expect([content, isValid(JSON.parse(content))]).toEqual([content, true]);
  }
});

test("json_object gives an object", async () => {
  const { content } = await ask(runner, chat("Give me some JSON.", { responseFormat: { type: "json_object" } }));
  expect(JSON.parse(content)).toBeTypeOf("object");
});

test("a stop string ends the answer and is not part of it", async () => {
  const { content, finishReason } = await ask(
    runner,
    chat(capital, { sampling: { temperature: 0, stop: ["ce is", "nothing"] } }),
  );
  expect([content, finishReason]).toEqual(["The capital of Fran", "stop"]);
});

test("max_tokens ends the answer with reason length, after that many tokens", async () => {
  const { content, finishReason, usage } = await ask(
    runner,
    chat(capital, { sampling: { temperature: 0, maxTokens: 3 } }),
  );
  expect([content, finishReason, usage.completionTokens]).toEqual(["The capital of", "length", 3]);
});

test("several choices have an index and an end each, and the prompt is counted once", async () => {
  const { deltas, usage } = await ask(runner, chat(capital, { n: 2 }));
  for (const index of [0, 1]) {
    expect(readChoice(deltas, index)).toMatchObject({ content: paris, finishReason: "stop" });
  }
  expect([usage.promptTokens, usage.completionTokens]).toEqual([16, 16]);
});

test("seeded choices of one request differ", async () => {
  const { deltas } = await ask(
    runner,
    chat("Tell me a story", { n: 3, sampling: { temperature: 1.5, seed: 1, maxTokens: 40 } }),
  );
  expect(new Set([0, 1, 2].map((index) => readChoice(deltas, index).content)).size).toBeGreaterThan(1);
});

test("logit_bias bans a token and forces one; ids beyond the vocabulary and end tokens are refused", async () => {
  const { content } = await ask(runner, chat(capital, { sampling: { temperature: 0, logprobs: 1, maxTokens: 1 } }));
  expect(content).toBe("The");
  const banned = await ask(
    runner,
    chat(capital, { sampling: { temperature: 0, maxTokens: 5, logitBias: { [idOf("The")]: -100 } } }),
  );
  expect(banned.content.startsWith("The")).toBe(false);
  const forced = await ask(
    runner,
    chat(capital, { sampling: { temperature: 0, maxTokens: 3, logitBias: { [idOf("x")]: 100 } } }),
  );
  expect(forced.content).toBe("xxx");
  expect((await refusal(chat(capital, { sampling: { logitBias: { "1536": 1 } } }))).param).toBe("logit_bias");
  expect((await refusal(chat(capital, { sampling: { logitBias: { "2": -100 } } }))).code).toBe("unsupported_parameter");
});

test("log probabilities belong to the tokens of the content", async () => {
  const request = chat(capital, { sampling: { temperature: 0, logprobs: 2 } });
  const { deltas, content } = await ask(runner, request);
  const logprobs = deltas.flatMap((delta) => delta.logprobs ?? []);
  expect(content).toBe(paris);
  expect(logprobs.map(({ token }) => token).join("")).toBe(paris);
  for (const entry of logprobs) {
    expect(entry.top_logprobs).toHaveLength(2);
    expect(entry.top_logprobs[0]).toEqual({ token: entry.token, logprob: entry.logprob, bytes: entry.bytes });
    expect(entry.bytes).toEqual([...Buffer.from(entry.token)]);
    const mass = entry.top_logprobs.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
    expect(mass).toBeGreaterThan(0.5);
    expect(mass).toBeLessThanOrEqual(1.000_001);
  }
});

test("each penalty changes what the most likely answer is", async () => {
  const greedy = { temperature: 0, maxTokens: 80 };
  const plain = await ask(runner, chat("Tell me a story", { sampling: greedy }));
  for (const penalty of [{ frequencyPenalty: 2 }, { presencePenalty: 2 }, { repetitionPenalty: 5 }]) {
    const penalized = await ask(runner, chat("Tell me a story", { sampling: { ...greedy, ...penalty } }));
    expect([penalty, penalized.content]).not.toEqual([penalty, plain.content]);
  }
});

test("completions: several prompts and choices, echo, token ids", async () => {
  const { deltas, usage } = await ask(runner, {
    ...completion("The capital of", { echo: true, n: 2, sampling: { maxTokens: 4 } }),
    prompts: ["The capital of", "Two plus two is"],
  });
  expect([0, 1, 2, 3].map((index) => readChoice(deltas, index).finishReason)).toEqual(Array(4).fill("length"));
  expect([0, 1].every((index) => readChoice(deltas, index).content.startsWith("The capital of "))).toBe(true);
  expect([2, 3].every((index) => readChoice(deltas, index).content.startsWith("Two plus two is"))).toBe(true);
  expect(usage.completionTokens).toBe(16);
  const byIds = await ask(runner, completion([10, 11, 12], { sampling: { maxTokens: 2 } }));
  expect(byIds.usage.promptTokens).toBe(3);
});

test("what this model cannot do is refused as the client's mistake", async () => {
  const cases: [Parameters<typeof ask>[1], string, string | undefined][] = [
    [completion([99_999]), "invalid_request", "prompt"],
    [completion("a", { suffix: "b" }), "unsupported_parameter", "suffix"],
    [completion("a", { echo: true, sampling: { logprobs: 1 } }), "unsupported_parameter", "logprobs"],
    [
      chat("", {
        messages: [
          { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }] },
        ],
      }),
      "unsupported_parameter",
      "messages[0].content",
    ],
    [
      chat("a", {
        responseFormat: { type: "json_schema", json_schema: { name: "a", schema: { type: "string", pattern: "^a" } } },
      }),
      "unsupported_parameter",
      "response_format",
    ],
    [
      chat("a", {
        responseFormat: {
          type: "json_schema",
          json_schema: { name: "a", schema: { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } } },
        },
      }),
      "unsupported_parameter",
      "response_format",
    ],
    [{ kind: "speech", model: "tera/tera-nano", input: "a", format: "wav" }, "invalid_request", "model"],
  ];
  for (const [request, code, param] of cases) {
    const error = await refusal(request);
    expect([error.code, error.status, error.param, error.retryable]).toEqual([code, 400, param, false]);
  }
});

test("a prompt longer than the context is refused with both numbers, also one so long that nobody counts it", async () => {
  const error = await refusal(chat("word ".repeat(1_500)));
  expect(error.code).toBe("context_length_exceeded");
  expect(error.message).toMatch(/maximum context length is 1024 tokens.*resulted in [1-9]\d{3} tokens/);
  expect((await refusal(chat("word ".repeat(1_000_000)))).message).toContain("resulted in at least 250");
});

test("an answer ends with reason length when the context is full", async () => {
  const { usage, finishReason } = await ask(runner, {
    ...chat("word ".repeat(480)),
    sampling: { temperature: 0, logitBias: { [idOf("x")]: 100 } },
  });
  expect(usage.promptTokens + usage.completionTokens).toBe(1_024);
  expect(finishReason).toBe("length");
});

test("prompt and max_tokens over the context length are refused with both numbers", async () => {
  const request = chat(capital, { sampling: { maxTokens: 1_024 } });
  await expect(ask(runner, request)).rejects.toMatchObject({
    code: "context_length_exceeded",
    param: "max_tokens",
    message: expect.stringMatching(/1024 tokens.*1024 for the answer/),
  });
});

test("an abort ends the generation within a second, with what was counted until then", async () => {
  const abort = new AbortController();
  const endless = { ...chat("Tell me a story"), sampling: { temperature: 0, logitBias: { [idOf("x")]: 100 } } };
  let abortedAtMs = 0;
  const { usage, finishReason, deltas } = await ask(runner, endless, {
    signal: abort.signal,
    onDelta() {
      if (abortedAtMs > 0) return;
      abortedAtMs = performance.now();
      abort.abort();
    },
  });
  expect(performance.now() - abortedAtMs).toBeLessThan(1_000);
  expect(finishReason).toBeUndefined();
  expect(usage.completionTokens).toBeGreaterThanOrEqual(deltas.length);
  expect(usage.completionTokens).toBeLessThan(900);
  expect(runner.status().busy).toBe(0);
  const all = await Promise.all([1, 2, 3, 4].map(() => ask(runner, chat(capital))));
  expect(all.map(({ content }) => content)).toEqual(Array(4).fill(paris));
});

test("a request that was aborted before it began is not begun", async () => {
  const { usage, deltas } = await ask(runner, chat(capital), { signal: AbortSignal.abort() });
  expect([usage.promptTokens, deltas]).toEqual([0, []]);
});
