/**
 * SGLang's server.
 *
 * Sources, in sgl-project/sglang: python/sglang/srt/entrypoints/http_server.py (routes, errors), openai/protocol.py (fields, model cards, usage),
 * openai/serving_chat.py (chunks, tool calls), managers/tokenizer_manager.py (the two sentences about the context's length);
 * docs/references/production_metrics.md (metrics).
 *
 * - Unknown fields are ignored (pydantic's default), and so is the model's name. A body that does not fit is 400, not FastAPI's 422.
 * - Errors are flat: `{"object": "error", "message", "type", "param", "code"}`.
 * - Every chunk names all fields, with null where there is nothing; a choice ends in a chunk of its own, with `matched_stop`.
 * - With `continuous_usage_stats` each chunk has its own choice's usage so far.
 * - Reasoning is in `reasoning_content`; `reasoning_tokens` stands in the usage itself; cached tokens are told only with --enable-cache-report.
 * - Its metrics (--enable-metrics) count a request when it finishes, and one that was aborted never.
 * - Prompt and answer must be shorter than the context: equal is too long.
 */
import { EngineError } from "../engine-error.ts";
import type { FakeRunnerSettings } from "../settings.ts";
import { type AnswerStyle, continuousUsage, hexId, plainUsage } from "./answer-style.ts";
import type { Dialect, GenerationHandler, PageMaker } from "./dialect.ts";
import { fastApiNoPage, uvicornPage } from "./fast-api.ts";
import { prometheusPage, pythonNumber, type Sample } from "./prometheus.ts";
import { commonChatFields, commonCompletionFields, type Field } from "./read-fields.ts";
import { createChatHandler, createCompletionHandler, type TextDialect } from "./text-handlers.ts";

const fakeSglangVersion = "0.5.6";

const nothing = { role: null, content: null, reasoning_content: null, tool_calls: null };

const style: AnswerStyle = {
  chatId: () => hexId(""),
  completionId: () => hexId(""),
  envelope: { usage: null },
  opening: { ...nothing, role: "assistant", content: "" },
  delta: nothing,
  choice: { logprobs: null, matched_stop: null },
  reasoning: "reasoning_content",
  toolId: () => hexId("call_", 12),
  toolCall: ({ id = null, index, name = null, arguments: pieces }) => ({
    id,
    index,
    type: "function",
    function: { name, arguments: pieces },
  }),
  finishDelta: nothing,
  finishReason: ({ reason }) => reason,
  finishFields: ({ stopReason }) => ({ matched_stop: stopReason }),
  usage: (usage) => ({ ...plainUsage(usage), prompt_tokens_details: null, reasoning_tokens: usage.reasoningTokens }),
  streamUsage: "asked",
};

const sampling: readonly Field[] = [
  "top_k",
  "min_p",
  "repetition_penalty",
  "logit_bias",
  "n",
  "stream_options",
  "logprobs",
];

function tokenBudget({ maxModelLen }: FakeRunnerSettings, promptTokens: number, maxTokens: number | undefined): number {
  if (promptTokens >= maxModelLen) {
    throw refused(
      `The input (${promptTokens} tokens) is longer than the model's context length (${maxModelLen} tokens).`,
    );
  }
  if (maxTokens !== undefined && promptTokens + maxTokens >= maxModelLen) {
    throw refused(
      `Requested token count exceeds the model's maximum context length of ${maxModelLen} tokens. You requested a total of ${promptTokens + maxTokens} tokens: ${promptTokens} tokens from the input messages and ${maxTokens} tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.`,
    );
  }
  return maxTokens ?? maxModelLen - promptTokens - 1;
}

function refused(message: string): EngineError {
  return new EngineError(400, "BadRequestError", message);
}

const chat: TextDialect = {
  style,
  fields: [
    ...commonChatFields,
    ...sampling,
    ["max_completion_tokens", "max_tokens"],
    "top_logprobs",
    "parallel_tool_calls",
    "reasoning_effort",
    "chat_template_kwargs",
    "continue_final_message",
  ],
  budget: tokenBudget,
  progress: continuousUsage(style),
};

const generation = new Map<string, GenerationHandler>([
  ["/v1/chat/completions", createChatHandler(chat)],
  [
    "/v1/completions",
    createCompletionHandler({ ...chat, fields: [...commonCompletionFields, ...sampling, "echo", "suffix"] }),
  ],
]);

function renderError({ status, type, message, param }: EngineError) {
  return uvicornPage({ object: "error", message, type, param, code: status }, status);
}

function modelInfo({ settings }: { settings: FakeRunnerSettings }) {
  const model = settings.models[0] ?? "";
  return uvicornPage({
    model_path: model,
    tokenizer_path: model,
    is_generation: true,
    preferred_sampling_params: null,
    weight_version: "default",
  });
}

function serverInfo({ settings }: { settings: FakeRunnerSettings }) {
  const model = settings.models[0] ?? "";
  return uvicornPage({
    model_path: model,
    served_model_name: model,
    tokenizer_path: model,
    context_length: settings.maxModelLen,
    tp_size: 1,
    dp_size: 1,
    max_running_requests: settings.slots,
    reasoning_parser: settings.reasoningStyle === "tags" ? null : "qwen3",
    tool_call_parser: settings.rawTools === "none" ? "qwen25" : null,
    status: "ready",
    max_total_num_tokens: settings.maxModelLen * 4,
    max_req_input_len: settings.maxModelLen - 6,
    internal_states: [{ last_gen_throughput: 0 }],
    version: fakeSglangVersion,
  });
}

const alive = () => ({ status: 200, headers: { server: "uvicorn" }, body: "" });

export const sglang: Dialect = {
  pages: new Map<string, PageMaker>([
    ["/health", alive],
    ["/health_generate", alive],
    ["/ping", alive],
    ["/get_model_info", modelInfo],
    ["/model_info", modelInfo],
    ["/get_server_info", serverInfo],
    ["/server_info", serverInfo],
    [
      "/v1/models",
      ({ settings, startedAtS }) =>
        uvicornPage({
          object: "list",
          data: settings.models.map((id) => ({
            id,
            object: "model",
            created: startedAtS,
            owned_by: "sglang",
            root: id,
            parent: null,
            max_model_len: settings.maxModelLen,
          })),
        }),
    ],
    [
      "/metrics",
      ({ settings, engine, counters: { finished } }) => {
        const labels = `{model_name="${settings.models[0] ?? ""}"}`;
        const samples: Sample[] = [
          [`sglang:num_running_reqs${labels}`, "gauge", engine.running],
          [`sglang:num_queue_reqs${labels}`, "gauge", engine.waiting],
          [`sglang:token_usage${labels}`, "gauge", Math.min(1, engine.running / settings.slots)],
        ];
        // A labelled counter is there once it has counted.
        if (finished.prompt > 0) {
          samples.push(
            [`sglang:prompt_tokens_total${labels}`, "counter", finished.promptPerAnswer],
            [`sglang:generation_tokens_total${labels}`, "counter", finished.generated],
          );
        }
        return prometheusPage(samples, { number: pythonNumber });
      },
    ],
  ]),
  generation,
  noPage: (_method, path) => fastApiNoPage(generation, path),
  renderError,
  refuseKey: (path) =>
    path.startsWith("/health") || path.startsWith("/metrics") ? undefined : uvicornPage({ error: "Unauthorized" }, 401),
  unavailable(condition, method, path) {
    if (condition === "overloaded") {
      if (method !== "POST") return undefined;
      return renderError(new EngineError(503, "SERVICE_UNAVAILABLE", "The request queue is full."));
    }
    return path.startsWith("/health") ? { status: 503, headers: { server: "uvicorn" }, body: "" } : undefined;
  },
};
