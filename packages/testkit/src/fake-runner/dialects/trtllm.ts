/**
 * TensorRT-LLM's trtllm-serve.
 *
 * Sources, in NVIDIA/TensorRT-LLM: tensorrt_llm/serve/openai_protocol.py (fields, `extra="forbid"`, model cards), openai_server.py (routes,
 * errors, /metrics as JSON), postprocess_handlers.py (chunks); docs/source/commands/trtllm-serve. The sentence about the context is llmapi/llm.py's.
 *
 * - A field that it does not know refuses the request: 400 with `{"error": "<text>"}`. Other errors are flat, as SGLang's.
 * - `tool_choice` is "none" unless somebody says otherwise: tools alone call nothing. (What came after 1.2 takes "auto" when there are tools.)
 * - An answer longer than the context is cut, a prompt longer than it refused. Models are listed without a context length.
 * - Deltas have content and reasoning_content always, null fields never. In `stream_options`, `include_usage` is on by default.
 * - The first event of a choice has a space before its line's end.
 */
import { EngineError, invalidBody } from "../engine-error.ts";
import type { FakeRunnerSettings } from "../settings.ts";
import { type AnswerStyle, continuousUsage, hexId, plainUsage } from "./answer-style.ts";
import type { Dialect, GenerationHandler, PageMaker } from "./dialect.ts";
import { fastApiNoPage, uvicornPage } from "./fast-api.ts";
import { type Body, commonChatFields, commonCompletionFields, type Field, unknownFields } from "./read-fields.ts";
import { createChatHandler, createCompletionHandler, type TextDialect } from "./text-handlers.ts";

const fakeTrtllmVersion = "1.2.0";

const style: AnswerStyle = {
  chatId: () => hexId("chatcmpl-"),
  completionId: () => hexId("cmpl-"),
  opening: { role: "assistant" },
  delta: { content: "", reasoning_content: "" },
  reasoning: "reasoning_content",
  toolId: () => hexId("chatcmpl-tool-"),
  toolCall: ({ id, index, name, arguments: pieces }) => ({
    ...(id === undefined ? {} : { id }),
    type: "function",
    index,
    function: { ...(name === undefined ? {} : { name }), arguments: pieces },
  }),
  finishReason: ({ reason }) => reason,
  finishFields: ({ stopReason }) => (stopReason === null ? {} : { stop_reason: stopReason }),
  usage: (usage) => ({ ...plainUsage(usage), prompt_tokens_details: { cached_tokens: usage.cachedTokens } }),
  streamUsage: "asked",
  frame: (json) => `data: ${json}${json.includes('"delta":{"role"') ? " " : ""}\n\n`,
};

const sampling: readonly Field[] = [
  "top_k",
  "min_p",
  "repetition_penalty",
  "logit_bias",
  "n",
  "stream_options",
  "logprobs",
  "ignore_eos",
  "min_tokens",
  "skip_special_tokens",
  "stop_token_ids",
  "user",
];

function tokenBudget({ maxModelLen }: FakeRunnerSettings, promptTokens: number, maxTokens: number | undefined): number {
  const room = maxModelLen - promptTokens;
  if (room > 0) return Math.min(maxTokens ?? room, room);
  throw refused(
    `\`default_max_tokens\` (${room}) must be greater than 0, \`default_max_tokens\` (${room}) = max_seq_len (${maxModelLen}) - \`splited_prompt_len\` (${promptTokens}) - \`query_token_len\` (0)`,
  );
}

function refused(message: string): EngineError {
  return new EngineError(400, "BadRequestError", message);
}

function forbidUnknown(fields: readonly Field[]): (body: Body) => void {
  return (body) => {
    const unknown = unknownFields(body, fields);
    if (unknown.length === 0) return;
    const problems = unknown.map((name) => ({
      type: "extra_forbidden",
      loc: ["body", name],
      msg: "Extra inputs are not permitted",
    }));
    throw new EngineError(400, invalidBody, JSON.stringify(problems));
  };
}

const chatFields: readonly Field[] = [
  ...commonChatFields,
  ...sampling,
  ["max_completion_tokens", "max_tokens"],
  "top_logprobs",
  "parallel_tool_calls",
  "reasoning_effort",
  "chat_template_kwargs",
  "add_generation_prompt",
];
const completionFields: readonly Field[] = [
  ...commonCompletionFields,
  ...sampling,
  "echo",
  "suffix",
  "response_format",
];

const efforts: ReadonlySet<unknown> = new Set(["low", "medium", "high"]);

const chat: TextDialect = {
  style,
  fields: chatFields,
  check(body) {
    forbidUnknown(chatFields)(body);
    const { reasoning_effort: effort } = body;
    if (effort != null && !efforts.has(effort)) {
      const problem = {
        type: "literal_error",
        loc: ["body", "reasoning_effort"],
        msg: "Input should be 'low', 'medium' or 'high'",
      };
      throw new EngineError(400, invalidBody, JSON.stringify([problem]));
    }
  },
  translate(read) {
    const format = read["response_format"];
    const translated: Body = { ...read, tool_choice: read["tool_choice"] ?? "none" };
    if (
      typeof format === "object" &&
      format !== null &&
      "schema" in format &&
      "type" in format &&
      format.type === "json"
    ) {
      translated["response_format"] = { type: "json_schema", json_schema: { schema: format.schema } };
    }
    return translated;
  },
  budget: tokenBudget,
  asksUsage: ({ stream_options: options }) => options != null && options.include_usage !== false,
  progress: continuousUsage(style),
};

const completion: TextDialect = {
  ...chat,
  fields: completionFields,
  check(body) {
    forbidUnknown(completionFields)(body);
    if (body["suffix"]) throw new EngineError(400, invalidBody, "suffix is not supported");
  },
  translate: (read) => read,
};

const generation = new Map<string, GenerationHandler>([
  ["/v1/chat/completions", createChatHandler(chat)],
  ["/v1/completions", createCompletionHandler(completion)],
]);

const alive = () => ({ status: 200, headers: { server: "uvicorn" }, body: "" });

export const trtllm: Dialect = {
  pages: new Map<string, PageMaker>([
    ["/health", alive],
    ["/version", () => uvicornPage({ version: fakeTrtllmVersion })],
    [
      "/v1/models",
      ({ settings, startedAtS }) =>
        uvicornPage({
          object: "list",
          data: settings.models
            .slice(0, 1)
            .map((id) => ({ id, object: "model", created: startedAtS, owned_by: "tensorrt_llm" })),
        }),
    ],
    [
      "/metrics",
      ({ engine, settings }) =>
        uvicornPage([
          {
            iter: 1,
            numActiveRequests: engine.running,
            numQueuedRequests: engine.waiting,
            maxNumActiveRequests: settings.slots,
          },
        ]),
    ],
  ]),
  generation,
  noPage: (_method, path) => fastApiNoPage(generation, path),
  renderError: ({ status, type, message, param }) =>
    type === invalidBody
      ? uvicornPage({ error: message }, 400)
      : uvicornPage({ object: "error", message, type, param, code: status }, status),
  // trtllm-serve has no keys of its own.
  refuseKey: () => undefined,
  unavailable: (condition, _method, path) =>
    condition === "loading" && path === "/health"
      ? {
          status: 503,
          headers: { server: "uvicorn" },
          body: "LLM is unavailable. Please check the server logs for more details.",
        }
      : undefined,
};
