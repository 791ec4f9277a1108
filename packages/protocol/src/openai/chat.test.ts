import { describe, expect, test } from "vitest";
import { chatRequestSchema } from "./chat.ts";

const user = { role: "user", content: "hi" };
const valid = { model: "a/b", messages: [user] };
const tool = { type: "function", function: { name: "get_weather", parameters: { type: "object" } } };
const call = { id: "call_1", type: "function", function: { name: "get_weather", arguments: "{}" } };

/** The path of the first issue, as OpenAI spells it in `param`; undefined: it is valid. */
function firstProblem(change: object): string | undefined {
  const parsed = chatRequestSchema.safeParse({ ...valid, ...change });
  return parsed.error?.issues[0]?.path.join(".");
}

describe("is accepted", () => {
  test.each<[string, object]>([
    ["the least", {}],
    [
      "every role",
      {
        messages: [
          { role: "system", content: "s" },
          { role: "developer", content: [{ type: "text", text: "d" }] },
          user,
          { role: "assistant", content: null, tool_calls: [call] },
          { role: "tool", tool_call_id: "call_1", content: "21" },
        ],
      },
    ],
    ["an assistant with neither content nor calls", { messages: [user, { role: "assistant" }] }],
    [
      "reasoning and refusal handed back",
      {
        messages: [user, { role: "assistant", reasoning_content: "r", content: [{ type: "refusal", refusal: "no" }] }],
      },
    ],
    [
      "text and images as data",
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "t" },
              { type: "image_url", image_url: { url: "data:image/png;base64,AA==", detail: "low" } },
            ],
          },
        ],
      },
    ],
    ["sixteen stops", { stop: Array.from({ length: 16 }, (_, at) => `s${at}`) }],
    ["a forced tool", { tools: [tool], tool_choice: { type: "function", function: { name: "get_weather" } } }],
    [
      "a tool without parameters",
      { tools: [{ type: "function", function: { name: "now" } }], tool_choice: "required" },
    ],
    [
      "a schema",
      {
        response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema: { type: "object" } } },
      },
    ],
    ["both token limits", { max_tokens: 5, max_completion_tokens: 6 }],
  ])("%s", (_, change) => {
    expect(firstProblem(change)).toBeUndefined();
  });

  test.each([
    ["temperature", 0, 2],
    ["top_p", 0, 1],
    ["top_k", -1, 1_000_000],
    ["min_p", 0, 1],
    ["repetition_penalty", 0.01, 10],
    ["frequency_penalty", -2, 2],
    ["presence_penalty", -2, 2],
    ["n", 1, 32],
    ["max_tokens", 1, 100_000_000],
    ["max_completion_tokens", 1, 100_000_000],
    ["seed", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])("%s from %d to %d, and nothing beyond", (field, min, max) => {
    expect([firstProblem({ [field]: min }), firstProblem({ [field]: max })]).toEqual([undefined, undefined]);
    expect(firstProblem({ [field]: min - 1 })).toBe(field);
    expect(firstProblem({ [field]: max + (field === "seed" ? 2 : 1) })).toBe(field);
    expect(firstProblem({ [field]: "1" })).toBe(field);
  });

  test("top_logprobs from 0 to 20, with logprobs only", () => {
    expect(firstProblem({ logprobs: true, top_logprobs: 0 })).toBeUndefined();
    expect(firstProblem({ logprobs: true, top_logprobs: 20 })).toBeUndefined();
    expect(firstProblem({ logprobs: true, top_logprobs: 21 })).toBe("top_logprobs");
    expect(firstProblem({ top_logprobs: 0 })).toBe("top_logprobs");
    expect(firstProblem({ logprobs: false, top_logprobs: 1 })).toBe("top_logprobs");
  });
});

describe("is refused, naming the field", () => {
  test.each<[string, string, object]>([
    ["no model", "model", { model: undefined }],
    ["an empty model", "model", { model: "" }],
    ["no messages", "messages", { messages: undefined }],
    ["an empty conversation", "messages", { messages: [] }],
    ["an unknown role", "messages.1.role", { messages: [user, { role: "robot", content: "x" }] }],
    ["a user without content", "messages.0.content", { messages: [{ role: "user" }] }],
    ["a user with null content", "messages.0.content", { messages: [{ role: "user", content: null }] }],
    ["no content parts", "messages.0.content", { messages: [{ role: "user", content: [] }] }],
    [
      "an image by URL",
      "messages.0.content.0.image_url.url",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "http://10.0.0.1/x" } }] }] },
    ],
    ["a tool's answer to no call", "messages.1.tool_call_id", { messages: [user, { role: "tool", content: "x" }] }],
    [
      "a call without a name",
      "messages.1.tool_calls.0.function.name",
      { messages: [user, { role: "assistant", tool_calls: [{ ...call, function: { arguments: "{}" } }] }] },
    ],
    ["seventeen stops", "stop", { stop: Array.from({ length: 17 }, () => "s") }],
    ["an empty stop", "stop", { stop: "" }],
    ["a bias for no token id", "logit_bias.a", { logit_bias: { a: 1 } }],
    ["a bias out of range", "logit_bias.5", { logit_bias: { 5: 101 } }],
    [
      "too many biases",
      "logit_bias",
      { logit_bias: Object.fromEntries(Array.from({ length: 1_025 }, (_, at) => [at, 1])) },
    ],
    ["a tool with a bad name", "tools.0.function.name", { tools: [{ type: "function", function: { name: "a b" } }] }],
    ["too many tools", "tools", { tools: Array.from({ length: 513 }, () => tool) }],
    ["a choice without tools", "tool_choice", { tool_choice: "required" }],
    [
      "a choice that is not among the tools",
      "tool_choice",
      { tools: [tool], tool_choice: { type: "function", function: { name: "other" } } },
    ],
    ["an unknown choice", "tool_choice", { tools: [tool], tool_choice: "maybe" }],
    ["an unknown format", "response_format.type", { response_format: { type: "yaml" } }],
    ["a schema format without a schema", "response_format.json_schema", { response_format: { type: "json_schema" } }],
    ["an unknown effort", "reasoning_effort", { reasoning_effort: "enormous" }],
    ["a wrong type of stream", "stream", { stream: "yes" }],
    ["metadata that is no text", "metadata.a", { metadata: { a: 1 } }],
  ])("%s", (_, path, change) => {
    expect(firstProblem(change)).toBe(path);
  });
});

test("null means not set, for every field that may be absent", () => {
  const fields = Object.keys(chatRequestSchema.shape).filter((field) => field !== "model" && field !== "messages");
  expect(firstProblem(Object.fromEntries(fields.map((field) => [field, null])))).toBeUndefined();
  const messages = [
    { ...user, name: null },
    { role: "user", content: [{ type: "image_url", image_url: { url: "data:,", detail: null } }] },
    {
      role: "assistant",
      content: null,
      name: null,
      tool_calls: null,
      reasoning_content: null,
      refusal: null,
      audio: null,
    },
  ];
  const tools = [{ type: "function", function: { name: "now", description: null, parameters: null, strict: null } }];
  expect(firstProblem({ messages, tools })).toBeUndefined();
  const schema = { name: "x", description: null, schema: {}, strict: null };
  expect(firstProblem({ response_format: { type: "json_schema", json_schema: schema } })).toBeUndefined();
});

test("a field that nobody knows is dropped, at every depth that is ours", () => {
  const parsed = chatRequestSchema.parse({
    ...valid,
    guided_regex: "x",
    messages: [{ ...user, priority: 9 }],
    stream_options: { future: 1 },
  });
  expect(parsed).toEqual({ model: "a/b", messages: [user], stream_options: {} });
});
