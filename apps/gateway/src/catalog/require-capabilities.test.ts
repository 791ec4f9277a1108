import { describeModel, type ModelSettings, unsetModel } from "@tera/access";
import type { ChatGeneration, GenerationRequest, ServedModel } from "@tera/protocol";
import { newServedModel } from "@tera/testkit/worker-state";
import { expect, test } from "vitest";
import { requireCapabilities } from "./require-capabilities.ts";

const replica = (change: Partial<ServedModel> = {}) => newServedModel("org/m", { features: [], ...change });
const able = replica({ features: ["tools", "json_mode", "structured_outputs", "logprobs"] });
const unable = replica();
const speechOnly = replica({ outputModalities: ["audio"] });

const chat: ChatGeneration = {
  kind: "chat",
  model: "org/m",
  messages: [{ role: "user", content: "hi" }],
  n: 1,
  sampling: {},
};
const tool = { type: "function" as const, function: { name: "f" } };
const schema = { type: "json_schema" as const, json_schema: { name: "x", schema: {} } };
const image = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AA==" } };
const asked = {
  tools: { ...chat, tools: [tool] },
  schema: { ...chat, responseFormat: schema },
  json: { ...chat, responseFormat: { type: "json_object" as const } },
  logprobs: { ...chat, sampling: { logprobs: 0 } },
  image: {
    ...chat,
    messages: [
      { role: "system" as const, content: "s" },
      { role: "user" as const, content: [{ type: "text" as const, text: "what?" }, image] },
    ],
  },
  completion: { kind: "completion" as const, model: "org/m", prompts: ["x"], echo: false, n: 1, sampling: {} },
  speech: { kind: "speech" as const, model: "org/m", input: "x", format: "wav" as const },
};

function ask(request: GenerationRequest, replicas: ServedModel[], set?: Partial<ModelSettings>): void {
  const settings = set === undefined ? undefined : { ...unsetModel, ...set };
  requireCapabilities({ profile: describeModel("org/m", replicas, settings), replicas, settings }, request);
}

test.each([
  ["tools, where no replica has them", asked.tools, [unable, unable], undefined, "tools"],
  ["tools, where the operator says that there are none", asked.tools, [able], { features: [] }, "tools"],
  ["a JSON schema", asked.schema, [unable], undefined, "response_format"],
  ["JSON mode", asked.json, [unable], undefined, "response_format"],
  ["log probabilities, also of the chosen token alone", asked.logprobs, [unable], undefined, "logprobs"],
  [
    "log probabilities of a completion",
    { ...asked.completion, sampling: { logprobs: 1 } },
    [unable],
    undefined,
    "logprobs",
  ],
  [
    "images, where the operator says text",
    asked.image,
    [able],
    { inputModalities: ["text" as const] },
    "messages[1].content[1]",
  ],
  ["chat with a model that only speaks", chat, [speechOnly], undefined, "model"],
  ["a completion of a model that only speaks", asked.completion, [speechOnly], undefined, "model"],
  ["speech, where the operator says text", asked.speech, [able], { outputModalities: ["text" as const] }, "model"],
])("refused: %s", (_what, request, replicas, settings, param) => {
  expect(() => ask(request, replicas, settings)).toThrow(
    expect.objectContaining({ code: "unsupported_parameter", status: 400, param }),
  );
});

test.each([
  ["tools, where one replica has them", asked.tools, [unable, able], undefined],
  ["tools, where the operator says so against the engine", asked.tools, [unable], { features: ["tools" as const] }],
  ["tools that must not be called", { ...asked.tools, toolChoice: "none" as const }, [unable], undefined],
  ["a schema", asked.schema, [able], undefined],
  ["JSON mode of an engine that knows schemas", asked.json, [replica({ features: ["structured_outputs"] })], undefined],
  ["images, where only the engine does not name them", asked.image, [able], undefined],
  ["images, where the operator says so", asked.image, [able], { inputModalities: ["text" as const, "image" as const] }],
  ["speech, where only the engine does not name it", asked.speech, [able], undefined],
  ["speech of a model that only speaks", asked.speech, [speechOnly], undefined],
  ["chat, where one of two replicas makes text", chat, [speechOnly, able], undefined],
  ["plain chat with a model without features", chat, [unable], undefined],
])("let pass: %s", (_what, request, replicas, settings) => {
  expect(() => ask(request, replicas, settings)).not.toThrow();
});
