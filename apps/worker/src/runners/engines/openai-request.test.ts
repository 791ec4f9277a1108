import type { ChatGeneration, CompletionGeneration, SpeechGeneration, Tool } from "@tera/protocol";
import { describe, expect, it } from "vitest";
import { profileOf } from "./detect.ts";
import type { EngineName } from "./engine-names.ts";
import type { EngineModel, TextDialect } from "./engine-profile.ts";
import { toChatBody, toCompletionBody, toSpeechBody } from "./openai-request.ts";

const model: EngineModel = {
  engineId: "inside",
  publicId: "org/model",
  kind: "text",
  isLoaded: true,
  isAdapter: false,
};
const weather: Tool = { type: "function", function: { name: "weather", parameters: { type: "object" } } };
const news: Tool = { type: "function", function: { name: "news" } };
const schema = { type: "object", properties: { a: { type: "integer" } } };
const sampling = {
  maxTokens: 5,
  temperature: 0,
  topP: 1,
  topK: 4,
  minP: 0.1,
  repetitionPenalty: 1.1,
  frequencyPenalty: 0.2,
  presencePenalty: 0.3,
  seed: 7,
  stop: ["x"],
  logitBias: { "5": 1 },
  logprobs: 8,
};

function textOf(engine: EngineName): TextDialect {
  const { text } = profileOf(engine);
  if (text === undefined) throw new TypeError(`${engine} makes no text`);
  return text;
}

function chat(engine: EngineName, change: Partial<ChatGeneration> = {}): Record<string, unknown> {
  const request: ChatGeneration = {
    kind: "chat",
    model: "org/model",
    messages: [{ role: "user", content: "hi" }],
    n: 1,
    sampling: {},
    ...change,
  };
  return toChatBody(request, model, textOf(engine));
}

const common = { model: "inside", messages: [{ role: "user", content: "hi" }], stream: true };
const openAiSampling = {
  temperature: 0,
  top_p: 1,
  frequency_penalty: 0.2,
  presence_penalty: 0.3,
  seed: 7,
  stop: ["x"],
  logit_bias: { "5": 1 },
};
const extended = { ...openAiSampling, max_tokens: 5, top_k: 4, min_p: 0.1, repetition_penalty: 1.1 };
const counted = { include_usage: true };
const countedAlways = { include_usage: true, continuous_usage_stats: true };
const logprobs = { logprobs: true, top_logprobs: 8 };

describe("sampling and counts in each engine's words", () => {
  it.each<[EngineName, object]>([
    ["vllm", { ...common, stream_options: countedAlways, ...extended, ...logprobs }],
    ["sglang", { ...common, stream_options: countedAlways, ...extended, ...logprobs }],
    ["tensorrt-llm", { ...common, stream_options: countedAlways, ...extended, ...logprobs }],
    ["openai", { ...common, stream_options: counted, ...extended, ...logprobs }],
    ["hosted", { ...common, stream_options: counted, ...openAiSampling, max_completion_tokens: 5, ...logprobs }],
    [
      "llamacpp",
      {
        ...common,
        stream_options: counted,
        timings_per_token: true,
        ...openAiSampling,
        max_tokens: 5,
        top_k: 4,
        min_p: 0.1,
        repeat_penalty: 1.1,
        ...logprobs,
      },
    ],
    [
      // A top_p of 1 is refused, and a presence penalty taken for something else.
      "tgi",
      {
        ...common,
        stream_options: counted,
        max_tokens: 5,
        temperature: 0,
        frequency_penalty: 0.2,
        seed: 7,
        stop: ["x"],
        logprobs: true,
        top_logprobs: 5,
      },
    ],
    [
      "ollama",
      {
        ...common,
        stream_options: counted,
        max_tokens: 5,
        temperature: 0,
        top_p: 1,
        frequency_penalty: 0.2,
        presence_penalty: 0.3,
        seed: 7,
        stop: ["x"],
      },
    ],
    [
      "lmstudio",
      { ...common, stream_options: counted, ...openAiSampling, max_tokens: 5, top_k: 4, repeat_penalty: 1.1 },
    ],
  ])("%s", (engine, body) => {
    expect(chat(engine, { sampling })).toEqual(body);
  });
});

describe("an answer in a given form", () => {
  const jsonSchema = { type: "json_schema" as const, json_schema: { name: "s", schema } };
  it.each<[EngineName, unknown, unknown]>([
    ["vllm", { type: "json_object" }, jsonSchema],
    ["sglang", { type: "json_object" }, jsonSchema],
    ["ollama", { type: "json_object" }, jsonSchema],
    ["llamacpp", { type: "json_object", schema: { type: "object" } }, jsonSchema],
    ["tgi", { type: "json_object", value: { type: "object" } }, { type: "json_object", value: schema }],
    ["lmstudio", { type: "json_schema", json_schema: { name: "object", schema: { type: "object" } } }, jsonSchema],
  ])("is asked of %s in its own way", (engine, forObject, forSchema) => {
    expect(chat(engine, { responseFormat: { type: "json_object" } })["response_format"]).toEqual(forObject);
    expect(chat(engine, { responseFormat: jsonSchema })["response_format"]).toEqual(forSchema);
  });

  it("asks nothing of TGI for plain text, which it has no name for", () => {
    expect(chat("tgi", { responseFormat: { type: "text" } })).not.toHaveProperty("response_format");
  });
});

describe("tools", () => {
  const named = { type: "function" as const, function: { name: "news" } };

  it("are offered with the choice that is OpenAI's default, for TensorRT-LLM has another", () => {
    expect(chat("tensorrt-llm", { tools: [weather] })).toMatchObject({ tools: [weather], tool_choice: "auto" });
    expect(chat("vllm", { tools: [weather], parallelToolCalls: false })).toMatchObject({ parallel_tool_calls: false });
  });

  it("are cut down to the one that must be called where an engine cannot be told which", () => {
    expect(chat("vllm", { tools: [weather, news], toolChoice: named })).toMatchObject({
      tools: [weather, news],
      tool_choice: named,
    });
    expect(chat("lmstudio", { tools: [weather, news], toolChoice: named })).toMatchObject({
      tools: [news],
      tool_choice: "required",
    });
    const body = chat("ollama", { tools: [weather, news], toolChoice: named });
    expect(body["tools"]).toEqual([news]);
    expect(body).not.toHaveProperty("tool_choice");
  });

  it("are left out where an engine cannot be told to call none", () => {
    expect(chat("ollama", { tools: [weather], toolChoice: "none" })).not.toHaveProperty("tools");
    expect(chat("vllm", { tools: [weather], toolChoice: "none" })).toMatchObject({ tool_choice: "none" });
  });
});

it("calls a developer a system where templates know no such role", () => {
  const messages: ChatGeneration["messages"] = [{ role: "developer", content: "be kind" }];
  expect(chat("vllm", { messages })["messages"]).toEqual([{ role: "system", content: "be kind" }]);
  expect(chat("hosted", { messages })["messages"]).toEqual(messages);
});

it.each<[EngineName, string, string | undefined]>([
  ["vllm", "xhigh", "xhigh"],
  ["ollama", "minimal", "low"],
  ["ollama", "none", "none"],
  ["tensorrt-llm", "xhigh", "high"],
  ["tgi", "high", undefined],
])("asks %s for effort %s as %s", (engine, effort, sent) => {
  expect(chat(engine, { reasoningEffort: effort })["reasoning_effort"]).toBe(sent);
});

it.each<EngineName>(["tgi", "ollama", "lmstudio"])(
  "refuses several choices of %s, which would make one and say nothing",
  (engine) => {
    expect(() => chat(engine, { n: 2 })).toThrow(
      expect.objectContaining({ code: "unsupported_parameter", param: "n", retryable: false }),
    );
  },
);

describe("a completion", () => {
  const request: CompletionGeneration = {
    kind: "completion",
    model: "org/model",
    prompts: ["a"],
    echo: true,
    suffix: "z",
    n: 1,
    sampling: { maxTokens: 5, logprobs: 2 },
  };

  it("goes out as it is", () => {
    expect(toCompletionBody({ ...request, n: 3 }, model, textOf("vllm"))).toEqual({
      model: "inside",
      prompt: "a",
      stream: true,
      stream_options: countedAlways,
      max_tokens: 5,
      n: 3,
      echo: true,
      suffix: "z",
      logprobs: 2,
    });
  });

  it.each([[["a", "b"]], [[[1, 2]]]])("is refused where prompts %j are too much for an engine", (prompts) => {
    expect(() => toCompletionBody({ ...request, prompts }, model, textOf("ollama"))).toThrow(
      expect.objectContaining({ code: "unsupported_parameter", param: "prompt" }),
    );
    expect(toCompletionBody({ ...request, prompts }, model, textOf("vllm"))["prompt"]).toEqual(
      prompts.length === 1 ? prompts[0] : prompts,
    );
  });
});

describe("speech", () => {
  const request: SpeechGeneration = {
    kind: "speech",
    model: "m",
    input: "hi",
    format: "mp3",
    speed: 2,
    langCode: "a",
    instructions: "softly",
  };

  it.each<[EngineName, object]>([
    ["kokoro", { speed: 2, lang_code: "a" }],
    ["speaches", { voice: "af_heart", speed: 2 }],
    ["hosted", { speed: 2, instructions: "softly" }],
  ])("is asked of %s with the fields that it knows", (engine, fields) => {
    const { speech } = profileOf(engine);
    const speaker: EngineModel = {
      ...model,
      kind: "speech",
      defaultVoice: engine === "speaches" ? "af_heart" : undefined,
    };
    expect(speech && toSpeechBody(request, speaker, speech)).toEqual({
      model: "inside",
      input: "hi",
      response_format: "mp3",
      ...fields,
    });
  });

  it("never overrides the voice that was asked for", () => {
    const speaker: EngineModel = { ...model, kind: "speech", defaultVoice: "af_heart" };
    expect(toSpeechBody({ ...request, voice: "am_adam" }, speaker, { fields: [] })["voice"]).toBe("am_adam");
  });
});
