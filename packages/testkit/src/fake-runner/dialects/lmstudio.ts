/**
 * LM Studio's local server.
 *
 * Sources: lmstudio.ai/docs/developer/openai-compat/chat-completions (the fields that are read) and .../rest/endpoints (`/api/v0/models`);
 * lmstudio-ai/lmstudio-bug-tracker issues #378 (reasoning_content and the chunks), #189 and #307 (`response_format.type`), #670 (`tool_choice`),
 * #1868 (tool calls arrive whole), #546 and #2322 (a prompt that is too long: status 200, then an error event). That unknown paths are answered
 * with 200 and an `error` is seen in the wild by many of its clients.
 *
 * - Fields beside the documented ones are ignored: no `min_p`, `n`, `max_completion_tokens`; the repetition penalty is `repeat_penalty`.
 * - `response_format` knows text and json_schema, `tool_choice` only words. Errors are `{"error": "<text>"}`.
 * - The context that a loaded model has is `loaded_context_length`; `max_context_length` is what it could have.
 */
import { randomInt } from "node:crypto";
import type { ServerContext } from "../context.ts";
import { EngineError } from "../engine-error.ts";
import type { FakeRunnerSettings } from "../settings.ts";
import { type AnswerStyle, hexId, plainUsage } from "./answer-style.ts";
import { type Dialect, type GenerationHandler, jsonPage, type PageMaker } from "./dialect.ts";
import { asBody, commonChatFields, commonCompletionFields, type Field } from "./read-fields.ts";
import { createChatHandler, createCompletionHandler, type TextDialect } from "./text-handlers.ts";

/** The type of the error that is told in a stream that has begun. */
const overflow = "context_overflow";

const style: AnswerStyle = {
  chatId: () => hexId("chatcmpl-", 11),
  completionId: () => hexId("cmpl-", 11),
  headers: { "x-powered-by": "Express" },
  delta: { role: "assistant" },
  choice: { logprobs: null },
  reasoning: "reasoning_content",
  wholeCalls: true,
  toolId: () => String(randomInt(100_000_000, 1_000_000_000)),
  finishDelta: {},
  usage: plainUsage,
  streamUsage: "asked",
  completion: { finishApart: true },
};

const sampling: readonly Field[] = ["top_k", ["repeat_penalty", "repetition_penalty"], "logit_bias", "stream_options"];

function tokenBudget({ maxModelLen }: FakeRunnerSettings, promptTokens: number, maxTokens: number | undefined): number {
  const room = maxModelLen - promptTokens;
  if (room > 0) return maxTokens === undefined || maxTokens < 0 ? room : Math.min(maxTokens, room);
  throw new EngineError(
    400,
    overflow,
    `Trying to keep the first ${promptTokens} tokens when context the overflows. However, the model is loaded with context length of only ${maxModelLen} tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input`,
  );
}

function refused(message: string): EngineError {
  return new EngineError(400, "invalid_request", message);
}

const chat: TextDialect = {
  style,
  fields: [...commonChatFields, ...sampling],
  check({ response_format: format, tool_choice: choice }) {
    if (typeof format === "object" && format !== null && "type" in format) {
      if (format.type !== "json_schema" && format.type !== "text") {
        throw refused("'response_format.type' must be 'json_schema' or 'text'");
      }
    }
    if (typeof choice === "object" && choice !== null) {
      throw refused("Invalid tool_choice type: 'object'. Supported string values: none, auto, required");
    }
  },
  unknownModel: (model) =>
    new EngineError(404, "model_not_found", `Model "${model}" not found. Please specify a valid model.`),
  budget: tokenBudget,
};

/** What does not fit is noticed when the stream has begun. */
function lateOverflow(handler: GenerationHandler): GenerationHandler {
  return (context, json, reply, logged) => {
    try {
      return handler(context, json, reply, logged);
    } catch (error) {
      if (!(error instanceof EngineError && error.type === overflow && asBody(json)["stream"] === true)) throw error;
      context.log.close(logged, "refused");
      reply.open(200, { "content-type": "text/event-stream", ...style.headers });
      const data = JSON.stringify({ error: { message: error.message } });
      reply.end(`event: error\ndata: ${data}\n\n`);
      return () => undefined;
    }
  };
}

const generation = new Map<string, GenerationHandler>([
  ["/v1/chat/completions", lateOverflow(createChatHandler(chat))],
  [
    "/v1/completions",
    lateOverflow(createCompletionHandler({ ...chat, fields: [...commonCompletionFields, ...sampling] })),
  ],
]);

function nativeModels({ settings }: ServerContext) {
  return settings.models.map((id, index) => ({
    id,
    object: "model",
    type: "llm",
    publisher: "lmstudio-community",
    arch: "llama",
    compatibility_type: "gguf",
    quantization: "Q4_K_M",
    state: index === 0 ? "loaded" : "not-loaded",
    max_context_length: settings.maxModelLen * 4,
    ...(index === 0 ? { loaded_context_length: settings.maxModelLen } : {}),
    capabilities: ["tool_use"],
  }));
}

export const lmstudio: Dialect = {
  pages: new Map<string, PageMaker>([
    [
      "/v1/models",
      ({ settings }) =>
        jsonPage({
          data: settings.models.map((id) => ({ id, object: "model", owned_by: "organization_owner" })),
          object: "list",
        }),
    ],
    ["/api/v0/models", (context) => jsonPage({ object: "list", data: nativeModels(context) })],
  ]),
  generation,
  noPage: (method, path) => jsonPage({ error: `Unexpected endpoint or method. (${method} ${path})` }),
  renderError: ({ status, type, message }) =>
    type === "model_not_found"
      ? jsonPage(
          { error: { message, type: "invalid_request_error", param: "model", code: "model_not_found" } },
          { status },
        )
      : jsonPage({ error: message }, { status }),
  refuseKey: () =>
    jsonPage({ error: { message: "Invalid API token", type: "invalid_request_error" } }, { status: 401 }),
};
