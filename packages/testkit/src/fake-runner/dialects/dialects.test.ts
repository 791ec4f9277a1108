import { createSseParser } from "@tera/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { triggers } from "../answer.ts";
import { expectedChat, expectedCompletion } from "../expected.ts";
import { type FakeRunner, startFakeRunner } from "../server.ts";
import type { FakeRunnerSettingsChange } from "../settings.ts";
import { fakeSpeech, speechSamples } from "../speech.ts";
import type { DialectName } from "./dialect-names.ts";

let runner: FakeRunner | undefined;
afterEach(async () => {
  await runner?.close();
  runner = undefined;
});

async function start(dialect: DialectName, settings: FakeRunnerSettingsChange = {}): Promise<FakeRunner> {
  runner = await startFakeRunner({ models: ["org/m"], ...settings, dialect });
  return runner;
}

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${runner?.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

const get = (path: string) => fetch(`${runner?.url}${path}`);

const callSchema = z.looseObject({
  function: z.looseObject({ name: z.string().nullish(), arguments: z.string() }),
});
const partSchema = z.looseObject({
  content: z.string().nullish(),
  reasoning: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z.array(callSchema).nullish(),
});
const chunkSchema = z.looseObject({
  choices: z.array(
    z.looseObject({
      delta: partSchema.optional(),
      message: partSchema.optional(),
      text: z.string().optional(),
      finish_reason: z.string().nullable(),
    }),
  ),
  usage: z.unknown().optional(),
});
type Chunk = z.infer<typeof chunkSchema>;

async function stream(path: string, body: object): Promise<{ chunks: Chunk[]; done: boolean }> {
  const response = await post(path, { ...body, stream: true });
  const raw = await response.text();
  expect(response.status, raw).toBe(200);
  const data: string[] = [];
  createSseParser((event) => data.push(event)).push(Buffer.from(raw));
  const done = data.at(-1) === "[DONE]";
  return { chunks: (done ? data.slice(0, -1) : data).map((text) => chunkSchema.parse(JSON.parse(text))), done };
}

const chat = "/v1/chat/completions";
const messages = [{ role: "user", content: "Tell me something." }];
const weather = {
  type: "function",
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
const textDialects = ["sglang", "llamacpp", "tgi", "ollama", "lmstudio", "trtllm", "openai", "generic"] as const;
const maxTokensName = (dialect: DialectName) => (dialect === "openai" ? "max_completion_tokens" : "max_tokens");

function contentOf(chunks: Chunk[]): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join("");
}

describe.each(textDialects)("as %s", (dialect) => {
  it("streams the same text as vLLM would, and ends it", async () => {
    await start(dialect);
    const { chunks, done } = await stream(chat, { model: "org/m", messages, seed: 3, [maxTokensName(dialect)]: 20 });
    expect(contentOf(chunks)).toBe(expectedChat({ messages, seed: 3, max_tokens: 20 }).choices[0]?.content);
    expect(chunks.findLast((chunk) => chunk.choices.length > 0)?.choices[0]?.finish_reason).toBe("length");
    expect(done).toBe(dialect !== "generic");
  });

  it("answers the same without a stream", async () => {
    await start(dialect);
    const response = await post(chat, { model: "org/m", messages, [maxTokensName(dialect)]: 9 });
    const answer = chunkSchema.parse(await response.json());
    expect(answer.choices[0]?.message?.content).toBe(expectedChat({ messages, max_tokens: 9 }).choices[0]?.content);
    expect(answer.usage).toMatchObject({ completion_tokens: 9 });
  });

  it("tells usage where the engine does, equal to what it logged", async () => {
    const fake = await start(dialect);
    const options = dialect === "generic" ? {} : { stream_options: { include_usage: true } };
    const { chunks } = await stream(chat, { model: "org/m", messages, [maxTokensName(dialect)]: 7, ...options });
    const [logged] = fake.report().requests;
    if (dialect === "generic") {
      expect(chunks.some((chunk) => chunk.usage !== undefined)).toBe(false);
    } else {
      expect(chunks.at(-1)).toMatchObject({
        choices: [],
        usage: { prompt_tokens: logged?.promptTokens, completion_tokens: logged?.generatedTokens },
      });
    }
  });
});

it.each<[DialectName, object, object]>([
  ["vllm", { repetition_penalty: 1.1, repeat_penalty: 2 }, { repetition_penalty: 1.1 }],
  ["sglang", { top_k: 5, max_completion_tokens: 4, repeat_penalty: 2 }, { top_k: 5, max_tokens: 4 }],
  [
    "llamacpp",
    { repeat_penalty: 1.1, repetition_penalty: 2, n_predict: 3, max_tokens: 9 },
    { repetition_penalty: 1.1, max_tokens: 3 },
  ],
  ["tgi", { top_k: 5, repetition_penalty: 1.1, seed: 1, n: 4 }, { seed: 1 }],
  ["ollama", { top_k: 5, n: 2, tool_choice: "required", max_completion_tokens: 2, top_p: 0.5 }, { top_p: 0.5 }],
  ["lmstudio", { min_p: 0.1, repeat_penalty: 1.1, top_k: 2, n: 3 }, { repetition_penalty: 1.1, top_k: 2 }],
  ["trtllm", { top_k: 5, min_p: 0.1 }, { top_k: 5, min_p: 0.1 }],
  ["openai", { max_completion_tokens: 5 }, { max_tokens: 5 }],
  ["generic", { top_k: 5, temperature: 0.5, tools: [weather] }, { temperature: 0.5 }],
])("as %s it understands its own names and no others", async (dialect, given, understood) => {
  const fake = await start(dialect);
  expect((await post(chat, { model: "org/m", messages, ...given })).status).toBe(200);
  const { model, tool_choice, ...rest } = fake.report().requests[0]?.understood ?? {};
  expect(rest).toEqual(understood);
});

it.each<[DialectName, object, number, object]>([
  ["sglang", { max_tokens: 1_000_000 }, 400, { object: "error", code: 400 }],
  ["llamacpp", { n: 300 }, 400, { error: { code: 400, type: "invalid_request_error" } }],
  ["tgi", { top_p: 1 }, 422, { error_type: "validation" }],
  ["tgi", { stop: ["1", "2", "3", "4", "5"] }, 422, { error_type: "validation" }],
  ["ollama", { model: "absent" }, 404, { error: { type: "not_found_error", code: null } }],
  ["ollama", { reasoning_effort: "extreme" }, 400, { error: { type: "invalid_request_error" } }],
  [
    "lmstudio",
    { response_format: { type: "json_object" } },
    400,
    { error: "'response_format.type' must be 'json_schema' or 'text'" },
  ],
  ["lmstudio", { tools: [weather], tool_choice: weather }, 400, { error: expect.stringContaining("tool_choice") }],
  ["trtllm", { metadata: {} }, 400, { error: expect.stringContaining("Extra inputs are not permitted") }],
  ["openai", { top_k: 5 }, 400, { error: { message: "Unrecognized request argument supplied: top_k" } }],
  ["openai", { max_tokens: 5 }, 400, { error: { code: "unsupported_parameter", param: "max_tokens" } }],
  ["openai", { model: "absent" }, 404, { error: { code: "model_not_found" } }],
])("as %s it refuses %j", async (dialect, given, status, error) => {
  await start(dialect);
  const response = await post(chat, { model: "org/m", messages, ...given });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject(error);
});

it("as TGI a body of wrong types is refused in plain text, a grammar asked for as a value kept, and the stop sequence shown", async () => {
  await start("tgi");
  const schema = { type: "object", properties: { a: { const: 1 } }, required: ["a"] };
  const refused = await post(chat, { messages, response_format: { type: "json_schema", json_schema: { schema } } });
  expect(refused.status).toBe(422);
  expect(await refused.text()).toMatch(/^Failed to deserialize the JSON body/);
  const kept = await stream(chat, { messages, response_format: { type: "json", value: schema } });
  expect(JSON.parse(contentOf(kept.chunks))).toEqual({ a: 1 });
  const text = expectedChat({ messages, max_tokens: 20 }).choices[0]?.content ?? "";
  const stop = text.split(" ")[4] ?? "";
  const stopped = await stream(chat, { messages, max_tokens: 20, stop: [stop] });
  expect(contentOf(stopped.chunks)).toBe(text.slice(0, text.indexOf(stop) + stop.length));
  expect(stopped.chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop_sequence");
});

it.each<[DialectName, "reasoning" | "reasoning_content" | undefined]>([
  ["sglang", "reasoning_content"],
  ["llamacpp", "reasoning_content"],
  ["ollama", "reasoning"],
  ["lmstudio", "reasoning_content"],
  ["trtllm", "reasoning_content"],
  ["openai", undefined],
])("as %s reasoning is told in %s", async (dialect, field) => {
  await start(dialect);
  const asked = [{ role: "user", content: triggers.reason }];
  const { chunks } = await stream(chat, { model: "org/m", messages: asked, [maxTokensName(dialect)]: 30 });
  const expected = expectedChat({ messages: asked, max_tokens: 30 }).choices[0];
  expect(contentOf(chunks)).toBe(expected?.content);
  const told = chunks.map((chunk) => (field === undefined ? "" : (chunk.choices[0]?.delta?.[field] ?? ""))).join("");
  expect(told).toBe(field === undefined ? "" : expected?.reasoning);
  expect(JSON.stringify(chunks)).not.toContain("<think>");
});

it.each<[DialectName, { pieces: boolean }]>([
  ["sglang", { pieces: true }],
  ["llamacpp", { pieces: true }],
  ["tgi", { pieces: true }],
  ["ollama", { pieces: false }],
  ["lmstudio", { pieces: false }],
  ["trtllm", { pieces: true }],
  ["openai", { pieces: true }],
])("as %s a tool is called (%j)", async (dialect, { pieces }) => {
  await start(dialect);
  const asked = { messages: [{ role: "user", content: triggers.callTool }], tools: [weather] };
  const { chunks } = await stream(chat, { model: "org/m", ...asked, tool_choice: "auto" });
  const calls = chunks.flatMap((chunk) => chunk.choices[0]?.delta?.tool_calls ?? []);
  const [expected] = expectedChat(asked).choices[0]?.calls ?? [];
  expect(calls[0]?.function.name).toBe(expected?.name);
  expect(calls.map((call) => call.function.arguments).join("")).toBe(expected?.arguments);
  expect(calls.length > 1).toBe(pieces);
});

it("as TensorRT-LLM tools alone call nothing", async () => {
  await start("trtllm");
  const asked = { messages: [{ role: "user", content: triggers.callTool }], tools: [weather] };
  const { chunks } = await stream(chat, { model: "org/m", ...asked });
  expect(chunks.flatMap((chunk) => chunk.choices[0]?.delta?.tool_calls ?? [])).toEqual([]);
});

it.each<[DialectName, object, (chunk: Chunk) => unknown, object]>([
  [
    "sglang",
    { stream_options: { include_usage: true, continuous_usage_stats: true } },
    (chunk) => chunk.usage,
    { completion_tokens: 3 },
  ],
  [
    "trtllm",
    { stream_options: { include_usage: true, continuous_usage_stats: true } },
    (chunk) => chunk.usage,
    { completion_tokens: 3 },
  ],
  ["llamacpp", { timings_per_token: true }, (chunk) => chunk["timings"], { predicted_n: 3 }],
])("as %s every chunk tells the counts so far to a client that asks", async (dialect, asked, countsOf, third) => {
  await start(dialect);
  const spoken = (chunks: Chunk[]) => chunks.filter((chunk) => chunk.choices[0]?.delta?.content);
  const asking = await stream(chat, { model: "org/m", messages, max_tokens: 5, ...asked });
  expect(countsOf(spoken(asking.chunks)[2] ?? { choices: [] })).toMatchObject(third);
  const silent = await stream(chat, { model: "org/m", messages, max_tokens: 5 });
  expect(countsOf(spoken(silent.chunks)[2] ?? { choices: [] }) ?? undefined).toBeUndefined();
});

it.each(["hermes", "qwen3_coder"] as const)(
  "without a parser, calls are text as %s models write them",
  async (rawTools) => {
    await start("sglang", { rawTools });
    const asked = { messages: [{ role: "user", content: triggers.callTool }], tools: [weather] };
    const { chunks } = await stream(chat, asked);
    const call = expectedChat(asked).choices[0]?.calls[0];
    const { city } = z.object({ city: z.string() }).parse(JSON.parse(call?.arguments ?? ""));
    expect(contentOf(chunks)).toBe(
      rawTools === "hermes"
        ? `<tool_call>\n{"name": "get_weather", "arguments": ${call?.arguments}}\n</tool_call>\n`
        : `<tool_call>\n<function=get_weather>\n<parameter=city>\n${city}\n</parameter>\n</function>\n</tool_call>\n`,
    );
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
  },
);

it.each<[DialectName, { usage: "last chunk" | "own chunk" }]>([
  ["sglang", { usage: "own chunk" }],
  ["llamacpp", { usage: "last chunk" }],
  ["tgi", { usage: "last chunk" }],
  ["ollama", { usage: "own chunk" }],
  ["lmstudio", { usage: "own chunk" }],
  ["trtllm", { usage: "own chunk" }],
])("as %s a text is completed, usage in %j", async (dialect, { usage }) => {
  await start(dialect);
  const asked = { model: "org/m", prompt: "Once upon", max_tokens: 6 };
  const { chunks } = await stream("/v1/completions", { ...asked, stream_options: { include_usage: true } });
  expect(chunks.map((chunk) => chunk.choices[0]?.text ?? "").join("")).toBe(
    expectedCompletion(asked).choices[0]?.content,
  );
  expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 6 });
  expect(chunks.at(-1)?.choices.length).toBe(usage === "own chunk" ? 0 : 1);
});

it.each<[DialectName, string, object]>([
  ["sglang", "/get_model_info", { model_path: "org/m", is_generation: true }],
  ["sglang", "/get_server_info", { version: expect.any(String), max_running_requests: 256 }],
  ["sglang", "/v1/models", { data: [{ id: "org/m", owned_by: "sglang", max_model_len: 131_072 }] }],
  ["llamacpp", "/props", { total_slots: 256, default_generation_settings: { n_ctx: 131_072 }, model_path: "org/m" }],
  ["llamacpp", "/v1/models", { data: [{ id: "org/m", owned_by: "llamacpp", meta: { n_ctx_train: 524_288 } }] }],
  ["llamacpp", "/nothing", { error: { type: "not_found_error" } }],
  ["tgi", "/info", { model_id: "org/m", max_total_tokens: 131_072, router: "text-generation-router" }],
  ["ollama", "/api/version", { version: expect.any(String) }],
  ["ollama", "/api/ps", { models: [{ name: "org/m:latest", context_length: 131_072 }] }],
  ["ollama", "/v1/models", { data: [{ id: "org/m:latest", owned_by: "library" }] }],
  ["lmstudio", "/api/v0/models", { data: [{ state: "loaded", loaded_context_length: 131_072 }] }],
  ["lmstudio", "/health", { error: "Unexpected endpoint or method. (GET /health)" }],
  ["trtllm", "/v1/models", { data: [{ owned_by: "tensorrt_llm" }] }],
  [
    "kokoro",
    "/v1/models",
    { data: [{ id: "tts-1" }, { id: "tts-1-hd" }, { id: "kokoro" }, { id: "gpt-4o-mini-tts" }] },
  ],
  [
    "speaches",
    "/v1/models",
    { data: [{ task: "automatic-speech-recognition" }, { id: "org/m", task: "text-to-speech" }] },
  ],
  ["openai", "/health", { error: { message: "Invalid URL (GET /health)" } }],
  ["generic", "/v1/models", { data: [{ id: "org/m", object: "model" }] }],
])("as %s it has %s", async (dialect, path, page) => {
  await start(dialect);
  expect(await (await get(path)).json()).toMatchObject(page);
});

it("as Ollama a model is shown by either name, and what it was trained for is not what it has", async () => {
  await start("ollama");
  const shown: unknown = await (await post("/api/show", { model: "org/m" })).json();
  expect(shown).toMatchObject({ model_info: { "llama.context_length": 524_288 } });
  expect((await post("/api/show", { name: "absent" })).status).toBe(404);
  expect((await stream(chat, { model: "org/m:latest", messages, max_tokens: 2 })).done).toBe(true);
});

it.each<[DialectName, "loading" | "overloaded", number]>([
  ["llamacpp", "loading", 503],
  ["sglang", "overloaded", 503],
  ["tgi", "overloaded", 429],
  ["ollama", "overloaded", 503],
  ["openai", "overloaded", 429],
])("as %s, %s, a generation is refused with %i", async (dialect, condition, status) => {
  const fake = await start(dialect, { condition });
  const body = { model: "org/m", messages };
  const refused = await post(chat, body);
  expect(refused.status).toBe(status);
  expect(refused.headers.has("retry-after")).toBe(dialect === "openai");
  fake.set({ condition: "serving" });
  expect((await post(chat, body)).status).toBe(200);
});

it.each<[DialectName, string[]]>([
  ["llamacpp", ["/v1/models", "/health"]],
  ["ollama", ["/v1/models", "/api/tags"]],
  ["vllm", ["/health", "/version"]],
  ["openai", []],
])("as %s, with a key set, only %j are open", async (dialect, open) => {
  await start(dialect, { apiKey: "secret" });
  for (const path of ["/v1/models", "/health", "/version", "/api/tags", "/props"]) {
    const { status } = await get(path);
    if (open.includes(path)) expect(status, path).toBe(200);
    else expect(status, path).not.toBe(200);
  }
});

it("as LM Studio a prompt that is too long is told in a stream that has begun", async () => {
  await start("lmstudio", { maxModelLen: 4 });
  const long = [{ role: "user", content: "a b c d e f" }];
  const response = await post(chat, { model: "org/m", messages: long, stream: true });
  expect(response.status).toBe(200);
  expect(await response.text()).toMatch(/^event: error\ndata: \{"error":\{"message":"Trying to keep the first/);
});

it("as Kokoro it speaks mp3 unless asked otherwise, and refuses a voice that it has not", async () => {
  const fake = await start("kokoro");
  const response = await post("/v1/audio/speech", { input: "hello", voice: "af_heart+af_bella(2)", lang_code: "a" });
  expect(response.headers.get("content-type")).toBe("audio/mpeg");
  expect(Buffer.from(await response.arrayBuffer())).toEqual(fakeSpeech("mp3", speechSamples("hello", 1, 20)));
  expect(fake.report().requests[0]?.understood).toMatchObject({ lang_code: "a" });
  const refused = await post("/v1/audio/speech", { input: "hello", voice: "nobody" });
  expect([refused.status, await refused.json()]).toMatchObject([400, { detail: { error: "validation_error" } }]);
});

it("as Speaches a speech needs a voice, and a model that is there", async () => {
  await start("speaches");
  const body = { model: "org/m", input: "hello", voice: "alloy", response_format: "wav" };
  const spoken = await post("/v1/audio/speech", body);
  expect(Buffer.from(await spoken.arrayBuffer())).toEqual(fakeSpeech("wav", speechSamples("hello", 1, 20)));
  expect((await post("/v1/audio/speech", { ...body, voice: undefined })).status).toBe(422);
  expect((await post("/v1/audio/speech", { ...body, speed: 3 })).status).toBe(422);
  expect((await post("/v1/audio/speech", { ...body, model: "absent" })).status).toBe(404);
});
