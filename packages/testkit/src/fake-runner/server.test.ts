import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { createSseParser } from "@tera/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { triggers } from "./answer.ts";
import { expectedChat, expectedCompletion } from "./expected.ts";
import { type FakeRunner, startFakeRunner } from "./server.ts";
import { fakeSpeech, speechSamples } from "./speech.ts";

const usageSchema = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  total_tokens: z.number(),
  prompt_tokens_details: z.object({ cached_tokens: z.number() }).optional(),
});
const callSchema = z.object({
  index: z.number().optional(),
  id: z.string().optional(),
  function: z.object({ name: z.string().optional(), arguments: z.string().optional() }),
});
const partSchema = z.looseObject({
  role: z.string().optional(),
  content: z.string().nullish(),
  reasoning: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z.array(callSchema).optional(),
});
const answerSchema = z.looseObject({
  choices: z.array(
    z.looseObject({
      index: z.number(),
      message: partSchema.optional(),
      delta: partSchema.optional(),
      text: z.string().optional(),
      logprobs: z.unknown(),
      finish_reason: z.string().nullable(),
      stop_reason: z.string().nullish(),
    }),
  ),
  usage: usageSchema.optional(),
});
type Answer = z.infer<typeof answerSchema>;

let runner: FakeRunner;
beforeEach(async () => {
  runner = await startFakeRunner({ models: ["a/b"] });
});
afterEach(async () => {
  await runner.close();
});

async function post(path: string, body: object): Promise<Response> {
  return fetch(`${runner.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function whole(path: string, body: object): Promise<Answer> {
  const response = await post(path, body);
  expect(response.status).toBe(200);
  return answerSchema.parse(await response.json());
}

/** Reads a stream to its end; the last event must be [DONE]. */
async function stream(path: string, body: object): Promise<Answer[]> {
  const response = await post(path, { ...body, stream: true });
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const data: string[] = [];
  const parser = createSseParser((event) => data.push(event));
  for await (const chunk of response.body ?? []) parser.push(chunk);
  expect(data.pop()).toBe("[DONE]");
  return data.map((text) => answerSchema.parse(JSON.parse(text)));
}

function joined(chunks: readonly Answer[], index = 0) {
  const text = { content: "", reasoning: "", arguments: "" };
  for (const chunk of chunks) {
    for (const choice of chunk.choices) {
      if (choice.index !== index) continue;
      text.content += choice.delta?.content ?? choice.text ?? "";
      text.reasoning += choice.delta?.reasoning ?? choice.delta?.reasoning_content ?? "";
      text.arguments += (choice.delta?.tool_calls ?? []).map((call) => call.function.arguments ?? "").join("");
    }
  }
  return text;
}

const chat = "/v1/chat/completions";
const messages = [{ role: "user", content: "Tell me something." }];
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const time = { type: "function", function: { name: "get_time", parameters: { type: "object", properties: {} } } };

describe("chat", () => {
  test("a whole answer is the expected text with its usage", async () => {
    const body = { model: "a/b", messages, seed: 7, max_tokens: 30 };
    const answer = await whole(chat, body);
    const expected = expectedChat(body);
    expect(answer.choices[0]?.message?.content).toBe(expected.choices[0]?.content);
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage).toMatchObject({ prompt_tokens: expected.promptTokens, completion_tokens: 30 });
  });

  test("a stream begins with the role, ends with the finish reason and tells usage only when asked", async () => {
    const body = { model: "a/b", messages, n: 2 };
    const chunks = await stream(chat, body);
    const expected = expectedChat(body);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "" });
    for (const index of [0, 1]) expect(joined(chunks, index).content).toBe(expected.choices[index]?.content);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.some((chunk) => chunk.usage !== undefined)).toBe(false);

    const counted = await stream(chat, {
      ...body,
      stream_options: { include_usage: true, continuous_usage_stats: true },
    });
    expect(counted.every((chunk) => chunk.usage !== undefined)).toBe(true);
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: expected.completionTokens } });
  });

  test("however its bytes are cut and its tokens bundled, a stream says the same", async () => {
    const body = { model: "a/b", messages, max_tokens: 64 };
    const expected = expectedChat(body).choices[0]?.content;
    for (const change of [{ bytesPerWrite: 1 }, { bytesPerWrite: 7 }, { bytesPerWrite: 0, tokensPerStep: 5 }]) {
      runner.set(change);
      expect(joined(await stream(chat, body)).content).toBe(expected);
    }
  });

  test("a stop string ends the answer before it, and is told", async () => {
    const text = expectedChat({ messages, max_tokens: 20 }).choices[0]?.content ?? "";
    const stop = text.slice(12, 22);
    const body = { model: "a/b", messages, max_tokens: 20, stop: ["never there", stop] };
    const end = text.indexOf(stop);
    const answer = await whole(chat, body);
    expect(answer.choices[0]?.message?.content).toBe(text.slice(0, end));
    expect(answer.choices[0]).toMatchObject({ finish_reason: "stop", stop_reason: stop });
    expect(joined(await stream(chat, body)).content).toBe(text.slice(0, end));
  });

  test("a tool is called when it must be or the user asks, and answered in text afterwards", async () => {
    const required = await stream(chat, { model: "a/b", messages, tools: [weather, time], tool_choice: "required" });
    const first = required.flatMap((chunk) => chunk.choices[0]?.delta?.tool_calls ?? [])[0];
    expect(first?.id).toMatch(/^chatcmpl-tool-/);
    expect(first?.function.name).toBe("get_weather");
    expect(JSON.parse(joined(required).arguments)).toHaveProperty("city");
    expect(required.at(-1)?.choices[0]?.finish_reason).toBe("tool_calls");

    const named = await whole(chat, {
      model: "a/b",
      messages,
      tools: [weather, time],
      tool_choice: { type: "function", function: { name: "get_time" } },
    });
    expect(named.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { tool_calls: [{ function: { name: "get_time" } }] },
    });

    const asked = [{ role: "user", content: `Now ${triggers.callAllTools}` }];
    const both = await whole(chat, { model: "a/b", messages: asked, tools: [weather, time] });
    expect(both.choices[0]?.message?.tool_calls).toHaveLength(2);

    const calls = both.choices[0]?.message?.tool_calls;
    const answered = [
      ...asked,
      { role: "assistant", content: null, tool_calls: calls },
      { role: "tool", tool_call_id: "x", content: "21" },
    ];
    const text = await whole(chat, { model: "a/b", messages: answered, tools: [weather], tool_choice: "required" });
    expect(text.choices[0]?.message?.tool_calls).toEqual([]);
    expect(text.choices[0]?.message?.content).not.toBe("");

    const free = await whole(chat, { model: "a/b", messages, tools: [weather] });
    expect(free.choices[0]?.finish_reason).toBe("stop");
  });

  test("reasoning comes in the field that is set, or in tags, and counts", async () => {
    const body = { model: "a/b", messages, reasoning_effort: "low" };
    const expected = expectedChat(body).choices[0];
    expect(expected?.reasoning).not.toBe("");
    for (const style of ["reasoning", "reasoning_content"] as const) {
      runner.set({ reasoningStyle: style });
      expect(joined(await stream(chat, body))).toMatchObject({
        content: expected?.content,
        reasoning: expected?.reasoning,
      });
      const answer = await whole(chat, body);
      expect(answer.choices[0]?.message?.[style]).toBe(expected?.reasoning);
      expect(answer.usage?.completion_tokens).toBe(expected?.tokens);
    }
    runner.set({ reasoningStyle: "tags" });
    expect(joined(await stream(chat, body)).content).toBe(
      `<think>\n${expected?.reasoning}\n</think>\n\n${expected?.content}`,
    );
  });

  test("a schema is satisfied, and no schema is refused", async () => {
    const schema = { type: "object", properties: { n: { type: "integer", minimum: 3 } }, required: ["n"] };
    const answer = await whole(chat, {
      model: "a/b",
      messages,
      response_format: { type: "json_schema", json_schema: { name: "x", schema } },
    });
    expect(JSON.parse(answer.choices[0]?.message?.content ?? "").n).toBeGreaterThanOrEqual(3);
    expect((await post(chat, { model: "a/b", messages, response_format: { type: "json_schema" } })).status).toBe(400);
  });

  test("log probabilities have an entry per token, with the alternatives asked for", async () => {
    const logprobs = z.object({
      content: z.array(z.object({ token: z.string(), top_logprobs: z.array(z.unknown()) })),
    });
    const answer = await whole(chat, { model: "a/b", messages, max_tokens: 5, logprobs: true, top_logprobs: 3 });
    const { content } = logprobs.parse(answer.choices[0]?.logprobs);
    expect(content.map(({ token }) => token).join("")).toBe(answer.choices[0]?.message?.content);
    expect(content.every((entry) => entry.top_logprobs.length === 3)).toBe(true);
  });

  test("an unfinished answer is continued where it stands, and ends where it would have ended", async () => {
    const text = expectedChat({ messages }).choices[0]?.content ?? "";
    const part = text.split(" ").slice(0, 6).join(" ");
    const answer = await whole(chat, {
      model: "a/b",
      messages: [...messages, { role: "assistant", content: part }],
      continue_final_message: true,
      add_generation_prompt: false,
    });
    expect(part + answer.choices[0]?.message?.content).toBe(text);
  });

  test("the second time, a prompt is cached in whole blocks", async () => {
    const body = { model: "a/b", messages: [{ role: "user", content: "word ".repeat(40) }] };
    expect((await whole(chat, body)).usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    expect((await whole(chat, body)).usage?.prompt_tokens_details?.cached_tokens).toBe(32);
  });
});

describe("completion", () => {
  const path = "/v1/completions";

  test("every prompt has its n answers, in order, with the prompt before them when echo asks", async () => {
    const body = { model: "a/b", prompt: ["one", "two"], n: 2, max_tokens: 4, echo: true };
    const expected = expectedCompletion(body);
    const answer = await whole(path, body);
    expect(answer.choices.map(({ text }) => text)).toEqual(
      expected.choices.map(({ content }, index) => (index < 2 ? "one" : "two") + content),
    );
    const chunks = await stream(path, body);
    for (const index of [0, 1, 2, 3]) expect(joined(chunks, index).content).toBe(answer.choices[index]?.text);
    expect(answer.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 16 });
  });

  test("token ids count as they are", async () => {
    expect((await whole(path, { model: "a/b", prompt: [5, 6, 7] })).usage?.prompt_tokens).toBe(3);
    expect((await whole(path, { model: "a/b", prompt: [[5, 6], [7]] })).choices).toHaveLength(2);
  });

  test("log probabilities line up with the text, the echoed prompt included", async () => {
    const shape = z.object({
      tokens: z.array(z.string()),
      text_offset: z.array(z.number()),
      token_logprobs: z.array(z.number().nullable()),
    });
    const answer = await whole(path, { model: "a/b", prompt: "one two", max_tokens: 3, echo: true, logprobs: 2 });
    const { tokens, text_offset: offsets, token_logprobs: values } = shape.parse(answer.choices[0]?.logprobs);
    expect(tokens.join("")).toBe(answer.choices[0]?.text);
    for (const [at, token] of tokens.entries())
      expect(answer.choices[0]?.text?.slice(offsets[at])).toMatch(startsWith(token));
    expect(values[0]).toBeNull();
    expect(values.slice(1)).not.toContain(null);
  });

  test("max_tokens 0 with echo gives the prompt back", async () => {
    const answer = await whole(path, { model: "a/b", prompt: "one two", max_tokens: 0, echo: true });
    expect(answer.choices[0]).toMatchObject({ text: "one two", finish_reason: "length" });
  });
});

function startsWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}`);
}

describe("speech", () => {
  test("a tone comes in several pieces, byte for byte as computed, in each format", async () => {
    const input = "How long is this sentence, spoken?";
    for (const format of ["wav", "pcm", "mp3"] as const) {
      const response = await post("/v1/audio/speech", { model: "a/b", input, response_format: format });
      expect(response.headers.get("content-length")).toBeNull();
      expect(Buffer.from(await response.arrayBuffer()).equals(fakeSpeech(format, speechSamples(input, 1, 20)))).toBe(
        true,
      );
    }
    expect((await post("/v1/audio/speech", { model: "a/b", input, response_format: "flac" })).status).toBe(400);
  });
});

describe("as a server", () => {
  test("it refuses as vLLM does", async () => {
    const unknown = await post(chat, { model: "nobody/nothing", messages });
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      {
        error: {
          message: "The model `nobody/nothing` does not exist.",
          type: "NotFoundError",
          param: "model",
          code: 404,
        },
      },
    ]);
    runner.set({ maxModelLen: 100 });
    const long = await post(chat, { model: "a/b", messages, max_tokens: 100 });
    expect([long.status, await long.json()]).toMatchObject([400, { error: { type: "BadRequestError", code: 400 } }]);
    expect((await post(chat, { model: "a/b" })).status).toBe(400);
    expect((await fetch(`${runner.url}${chat}`)).status).toBe(405);
    runner.set({ apiKey: "secret" });
    expect((await fetch(`${runner.url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${runner.url}/v1/models`, { headers: { authorization: "Bearer secret" } })).status).toBe(200);
  });

  test("it tells its models, health and figures", async () => {
    await whole(chat, { model: "a/b", messages, max_tokens: 5 });
    const models = await (await fetch(`${runner.url}/v1/models`)).json();
    expect(models).toMatchObject({ data: [{ id: "a/b", owned_by: "vllm", max_model_len: 131_072 }] });
    expect((await fetch(`${runner.url}/health`)).status).toBe(200);
    const figures = await (await fetch(`${runner.url}/metrics`)).text();
    expect(figures).toContain('vllm:generation_tokens_total{engine="0",model_name="a/b"} 5.0');
  });

  test("it is set and asked over HTTP", async () => {
    await post("/_control", { tokens: 3 });
    expect((await whole(chat, { model: "a/b", messages })).usage?.completion_tokens).toBe(3);
    expect((await post("/_control", { tokns: 3 })).status).toBe(400);
    const report = await (await fetch(`${runner.url}/_control/requests`)).json();
    expect(report).toMatchObject({
      running: 0,
      totals: { received: 1, finished: 1, generatedTokens: 3 },
      requests: [{ path: chat, body: { messages } }],
    });
    await fetch(`${runner.url}/_control/requests`, { method: "DELETE" });
    expect(runner.report().totals.received).toBe(0);
  });

  test.each([true, false])(
    "when the client leaves, the slot is free and the abort counted (stream: %s)",
    async (streamed) => {
      runner.set({ msPerToken: 5, slots: 1 });
      const body = JSON.stringify({ model: "a/b", messages, max_tokens: 100_000, stream: streamed });
      const client = httpRequest(`${runner.url}${chat}`, { method: "POST" });
      client.on("error", () => undefined);
      client.end(body);
      await expect.poll(() => runner.report().requests[0]?.generatedTokens ?? 0, { interval: 5 }).toBeGreaterThan(2);
      client.destroy();
      await expect.poll(() => runner.report(), { interval: 5 }).toMatchObject({ running: 0, totals: { aborted: 1 } });
    },
  );

  test("a client that does not read holds its own stream up, not the engine", async () => {
    const client = httpRequest(`${runner.url}${chat}`, { method: "POST" });
    client.on("error", () => undefined);
    client.end(JSON.stringify({ model: "a/b", messages, max_tokens: 120_000, stream: true }));
    const [response] = await once(client, "response");
    response.pause();
    let before = -1;
    await expect
      .poll(
        () => {
          const now = runner.report().requests[0]?.generatedTokens ?? 0;
          const still = now > 0 && now === before;
          before = now;
          return still;
        },
        { interval: 100, timeout: 10_000 },
      )
      .toBe(true);
    expect((await whole(chat, { model: "a/b", messages })).choices).toHaveLength(1);
    client.destroy();
  });
});
