/**
 * Hugging Face's Text Generation Inference.
 *
 * Sources, in huggingface/text-generation-inference: docs/openapi.json (routes, ChatRequest, CompletionRequest, Info, errors),
 * router/src/chat.rs (chunks, tool calls), router/src/server.rs (statuses of errors), router/src/validation.rs (bounds and their sentences);
 * issues #1724 and #1039 (the stop sequence stays in the text).
 *
 * - A chat request knows no `top_k`, `min_p`, `repetition_penalty` and `n`: they are ignored. The model's name means nothing.
 * - A body that does not fit its types is 422 with plain text (axum), a value out of bounds 422 with `{"error", "error_type"}`; 429 when overloaded.
 *   `stop` is a list of at most four; `top_p` is below 1; `logit_bias` is a list of numbers, unused.
 * - A grammar is asked for as `{"type": "json", "value": <schema>}`; with tools it is refused.
 * - The stop sequence is the last of the text, and ends it as `stop_sequence`. No parser for reasoning: its tags are in the text.
 * - A tool call comes in pieces that all bear the id "0" and no end of its own: it ends with `stop`.
 */
import { EngineError, invalidBody } from "../engine-error.ts";
import type { FakeRunnerSettings } from "../settings.ts";
import { type AnswerStyle, plainUsage } from "./answer-style.ts";
import { type Dialect, type GenerationHandler, jsonPage, type Page, type PageMaker, textPage } from "./dialect.ts";
import { prometheusPage } from "./prometheus.ts";
import type { Body, Field } from "./read-fields.ts";
import { createChatHandler, createCompletionHandler, type TextDialect } from "./text-handlers.ts";

const fakeTgiVersion = "3.3.6";
const stopSequencesMax = 4;

const style: AnswerStyle = {
  chatId: () => "",
  completionId: () => "",
  headers: {},
  envelope: { system_fingerprint: `${fakeTgiVersion}-native` },
  delta: { role: "assistant" },
  choice: { logprobs: null },
  reasoning: "hidden",
  toolId: () => "0",
  toolCall: ({ index, name = null, arguments: pieces }) => ({
    index,
    id: "0",
    type: "function",
    function: { name, arguments: pieces },
  }),
  finishReason: ({ reason, stopReason }) => {
    if (stopReason !== null) return "stop_sequence";
    return reason === "length" ? "length" : "stop";
  },
  usage: plainUsage,
  streamUsage: "asked",
  completion: { usageInFinish: true },
};

const sampling: readonly Field[] = [
  "model",
  "stream",
  "max_tokens",
  "temperature",
  "top_p",
  "stop",
  "seed",
  "frequency_penalty",
];

function tokenBudget({ maxModelLen }: FakeRunnerSettings, promptTokens: number, maxTokens: number | undefined): number {
  if (promptTokens >= maxModelLen) {
    throw invalid(`\`inputs\` must have less than ${maxModelLen - 1} tokens. Given: ${promptTokens}`);
  }
  if (maxTokens !== undefined && promptTokens + maxTokens > maxModelLen) {
    throw invalid(
      `\`inputs\` tokens + \`max_new_tokens\` must be <= ${maxModelLen}. Given: ${promptTokens} \`inputs\` tokens and ${maxTokens} \`max_new_tokens\``,
    );
  }
  return maxTokens ?? maxModelLen - promptTokens;
}

function invalid(message: string): EngineError {
  return new EngineError(422, "validation", `Input validation error: ${message}`);
}

function illTyped(message: string): EngineError {
  return new EngineError(422, invalidBody, message);
}

function checkSampling(body: Body): void {
  const { stop, top_p: topP, temperature, seed, frequency_penalty: penalty } = body;
  if (stop != null && !Array.isArray(stop)) throw illTyped("stop: invalid type: string, expected a sequence");
  if (Array.isArray(stop) && stop.length > stopSequencesMax) {
    throw invalid(`\`stop\` supports up to ${stopSequencesMax} stop sequences. Given: ${stop.length}`);
  }
  if (typeof topP === "number" && (topP <= 0 || topP >= 1)) throw invalid("`top_p` must be > 0.0 and < 1.0");
  if (typeof temperature === "number" && temperature < 0) throw invalid("`temperature` must be strictly positive");
  if (typeof seed === "number" && seed < 0) throw illTyped("seed: invalid value: integer, expected u64");
  if (typeof penalty === "number" && (penalty < -2 || penalty > 2)) {
    throw invalid("`frequency_penalty` must be >= -2.0 and <= 2.0");
  }
}

const chat: TextDialect = {
  style,
  fields: [
    ...sampling,
    "messages",
    "presence_penalty",
    "response_format",
    "tools",
    "tool_choice",
    "stream_options",
    "logprobs",
    "top_logprobs",
  ],
  check(body) {
    checkSampling(body);
    const { logit_bias: bias, response_format: format, tools } = body;
    if (bias != null && !Array.isArray(bias)) throw illTyped("logit_bias: invalid type: map, expected a sequence");
    if (format != null && (typeof format !== "object" || !("value" in format))) {
      throw illTyped("response_format: missing field `value`");
    }
    if (format != null && Array.isArray(tools) && tools.length > 0) {
      throw new EngineError(422, "tool_error", "Tool error: Grammar and tools are mutually exclusive");
    }
  },
  translate(read) {
    const format = read["response_format"];
    if (typeof format !== "object" || format === null || !("value" in format)) return read;
    return { ...read, response_format: { type: "json_schema", json_schema: { schema: format.value } } };
  },
  budget: tokenBudget,
  rawReasoning: true,
  keepsStop: true,
};

const completion: TextDialect = {
  ...chat,
  fields: [...sampling, "prompt", "repetition_penalty"],
  check: checkSampling,
  translate: (read) => read,
};

const generation = new Map<string, GenerationHandler>([
  ["/v1/chat/completions", createChatHandler(chat)],
  ["/v1/completions", createCompletionHandler(completion)],
]);

function errorPage(status: number, error: string, errorType: string): Page {
  return jsonPage({ error, error_type: errorType }, { status });
}

export const tgi: Dialect = {
  pages: new Map<string, PageMaker>([
    ["/health", () => ({ status: 200, headers: {}, body: "" })],
    ["/ping", () => ({ status: 200, headers: {}, body: "" })],
    [
      "/info",
      ({ settings }) =>
        jsonPage({
          model_id: settings.models[0],
          model_sha: "e985a63cdc139290c5f700ff1929f0b5942cced2",
          model_pipeline_tag: "text-generation",
          max_concurrent_requests: settings.slots,
          max_best_of: 2,
          max_stop_sequences: stopSequencesMax,
          max_input_tokens: settings.maxModelLen - 1,
          max_total_tokens: settings.maxModelLen,
          validation_workers: 2,
          max_client_batch_size: 4,
          router: "text-generation-router",
          version: fakeTgiVersion,
          sha: "24ee40d143d8d046039f12f76940a85886cbe152",
          docker_label: null,
        }),
    ],
    [
      "/v1/models",
      ({ settings, startedAtS }) =>
        jsonPage({
          object: "list",
          data: settings.models.slice(0, 1).map((id) => ({ id, object: "model", created: startedAtS, owned_by: id })),
        }),
    ],
    [
      "/metrics",
      ({ engine, log, counters: { begun, finished } }) =>
        prometheusPage([
          ["tgi_queue_size", "gauge", engine.waiting],
          ["tgi_batch_current_size", "gauge", engine.running],
          ["tgi_request_success", "counter", log.totals.finished],
          ["tgi_request_input_length_sum", "counter", begun.prompt],
          ["tgi_request_generated_tokens_sum", "counter", finished.generated],
        ]),
    ],
  ]),
  generation,
  noPage: (method, path) =>
    generation.has(path) && method === "GET"
      ? { status: 405, headers: {}, body: "" }
      : { status: 404, headers: {}, body: "" },
  renderError: ({ type, message, status }) =>
    type === invalidBody
      ? textPage(`Failed to deserialize the JSON body into the target type: ${message}`, { status: 422 })
      : errorPage(status, message, type),
  refuseKey: (path) =>
    generation.has(path) || path === "/v1/models" ? { status: 401, headers: {}, body: "" } : undefined,
  unavailable(condition, method, path) {
    if (condition === "overloaded")
      return method === "POST" ? errorPage(429, "Model is overloaded", "overloaded") : undefined;
    return path === "/health" ? errorPage(503, "unhealthy", "healthcheck") : undefined;
  },
};
