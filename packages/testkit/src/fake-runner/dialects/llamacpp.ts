/**
 * llama.cpp's llama-server.
 *
 * Sources, in ggml-org/llama.cpp, tools/server: README.md (endpoints, options, /props, /metrics), server-common.cpp (format_error_response,
 * oaicompat_chat_params_parse, oaicompat_completion_params_parse), server-task.cpp (the chunks, params_from_json_cmpl), server-http.cpp (503 while
 * it loads, open pages, the Server header), server-context.cpp (what does not fit the context).
 *
 * - One model, by default under its file's path; the model's name in a request means nothing. Unknown fields are ignored.
 * - The repetition penalty is `repeat_penalty`; `n` may not exceed the slots; a stop word or `max_tokens` ends as elsewhere, and an answer that
 *   fills the context ends with `length`. Only a prompt as long as the context is refused, with both counts in the error.
 * - While it loads, every page answers 503 `Loading model`.
 * - The last chunk has `timings` with the counts, with `timings_per_token` every chunk has those so far.
 * - Its metrics (--metrics) count the prompt tokens that were not cached when they are read, and generated ones when the request leaves its slot.
 * - Text completion knows neither `echo` nor `suffix`, and tells its usage in the chunk that ends.
 */
import { randomBytes } from "node:crypto";
import { badRequest, EngineError, invalidBody } from "../engine-error.ts";
import type { AnswerUsage } from "../generate.ts";
import type { FakeRunnerSettings } from "../settings.ts";
import { type AnswerStyle, plainUsage } from "./answer-style.ts";
import { type Dialect, type GenerationHandler, jsonPage, type Page, type PageMaker } from "./dialect.ts";
import { prometheusPage, streamNumber } from "./prometheus.ts";
import { type Body, commonChatFields, commonCompletionFields, type Field } from "./read-fields.ts";
import { createChatHandler, createCompletionHandler, type TextDialect } from "./text-handlers.ts";

const fakeLlamacppBuild = "b7240-61bde8e21";

const headers = { server: "llama.cpp" };
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const randomString = () => [...randomBytes(32)].map((byte) => letters[byte % letters.length]).join("");

function timings({ promptTokens, cachedTokens, completionTokens }: AnswerUsage) {
  return { timings: { cache_n: cachedTokens, prompt_n: promptTokens - cachedTokens, predicted_n: completionTokens } };
}

const style: AnswerStyle = {
  chatId: () => `chatcmpl-${randomString()}`,
  completionId: () => `chatcmpl-${randomString()}`,
  headers,
  envelope: { system_fingerprint: fakeLlamacppBuild },
  opening: { role: "assistant", content: null },
  reasoning: "reasoning_content",
  toolId: randomString,
  finishDelta: {},
  usage: plainUsage,
  streamUsage: "asked",
  usageFields: timings,
  completion: { finishApart: true, usageInFinish: true, choice: { logprobs: null } },
};

const sampling: readonly Field[] = [
  "top_k",
  "min_p",
  ["repeat_penalty", "repetition_penalty"],
  "logit_bias",
  "stream_options",
  "timings_per_token",
  ["n_cmpl", "n"],
  "n",
];

function tokenBudget({ maxModelLen }: FakeRunnerSettings, promptTokens: number, maxTokens: number | undefined): number {
  const room = maxModelLen - promptTokens;
  if (room > 0) return maxTokens === undefined || maxTokens < 0 ? room : Math.min(maxTokens, room);
  throw new EngineError(
    400,
    "exceed_context_size_error",
    `request (${promptTokens} tokens) exceeds the available context size (${maxModelLen} tokens), try increasing it`,
    null,
    { n_prompt_tokens: promptTokens, n_ctx: maxModelLen },
  );
}

function checkChoices(body: Body, { slots }: FakeRunnerSettings): void {
  const choices = body["n_cmpl"] ?? body["n"];
  if (typeof choices === "number" && choices > slots) {
    throw refused("n_cmpl cannot be greater than the number of slots, please increase -np");
  }
}

function refused(message: string): EngineError {
  return badRequest(message);
}

const chat: TextDialect = {
  style,
  fields: [
    ["n_predict", "max_tokens"],
    ["max_completion_tokens", "max_tokens"],
    ...commonChatFields,
    ...sampling,
    "logprobs",
    "top_logprobs",
    "parallel_tool_calls",
    "reasoning_effort",
    "chat_template_kwargs",
  ],
  check(body, settings) {
    checkChoices(body, settings);
    if (body["logprobs"] !== true && typeof body["top_logprobs"] === "number") {
      throw refused("top_logprobs requires logprobs to be set to true");
    }
    if (body["logprobs"] === true && Array.isArray(body["tools"]) && body["stream"] === true) {
      throw refused("logprobs is not supported with tools + stream");
    }
  },
  translate(read) {
    // A conversation that ends with the assistant's words is continued (--prefill-assistant, on by default).
    const messages: unknown = read["messages"];
    const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
    const prefilled = typeof last === "object" && last !== null && "role" in last && last.role === "assistant";
    return prefilled ? { ...read, continue_final_message: true } : read;
  },
  budget: tokenBudget,
  progress: (read) => (read["timings_per_token"] === true ? timings : undefined),
};

const completion: TextDialect = {
  ...chat,
  fields: [["n_predict", "max_tokens"], ...commonCompletionFields, ...sampling],
  check(body, settings) {
    checkChoices(body, settings);
    if (body["echo"] === true) throw refused("Only no echo is supported");
    for (const name of ["best_of", "suffix"]) if (name in body) throw refused(`Unsupported param: ${name}`);
  },
  translate: (read) => read,
};

const generation = new Map<string, GenerationHandler>([
  ["/v1/chat/completions", createChatHandler(chat)],
  ["/chat/completions", createChatHandler(chat)],
  ["/v1/completions", createCompletionHandler(completion)],
]);

const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  404: "not_found_error",
  500: "server_error",
  503: "unavailable_error",
};

function errorPage(status: number, message: string, type = errorTypes[status] ?? "server_error", fields = {}): Page {
  return jsonPage({ error: { code: status, message, type, ...fields } }, { status, headers });
}

const healthy = () => jsonPage({ status: "ok" }, { headers });

function models({ settings, startedAtS }: { settings: FakeRunnerSettings; startedAtS: number }): Page {
  const [id = ""] = settings.models;
  return jsonPage(
    {
      object: "list",
      data: [
        {
          id,
          object: "model",
          created: startedAtS,
          owned_by: "llamacpp",
          meta: { vocab_type: 2, n_vocab: 128_256, n_ctx_train: settings.maxModelLen * 4, n_embd: 4_096 },
        },
      ],
    },
    { headers },
  );
}

/** Pages that need no key: server-http.cpp, get_public_endpoints. */
const openPaths = new Set(["/", "/health", "/v1/health", "/models", "/v1/models"]);

export const llamacpp: Dialect = {
  pages: new Map<string, PageMaker>([
    ["/health", healthy],
    ["/v1/health", healthy],
    ["/v1/models", models],
    ["/models", models],
    [
      "/props",
      ({ settings }) =>
        jsonPage(
          {
            default_generation_settings: {
              id: 0,
              id_task: -1,
              n_ctx: settings.maxModelLen,
              is_processing: false,
              params: { n_predict: -1, top_k: 40, min_p: 0.05, repeat_penalty: 1 },
            },
            total_slots: settings.slots,
            model_path: settings.models[0],
            chat_template: "{% for message in messages %}{{ message.content }}{% endfor %}",
            modalities: { vision: false, audio: false },
            build_info: fakeLlamacppBuild,
            is_sleeping: false,
          },
          { headers },
        ),
    ],
    [
      "/slots",
      ({ settings, engine }) =>
        jsonPage(
          Array.from({ length: Math.min(settings.slots, 64) }, (_, id) => ({
            id,
            n_ctx: settings.maxModelLen,
            is_processing: id < engine.running,
          })),
          { headers },
        ),
    ],
    [
      "/metrics",
      ({ engine, counters, startedAtMs }) =>
        prometheusPage(
          [
            ["llamacpp:prompt_tokens_total", "counter", counters.begun.promptComputed],
            ["llamacpp:tokens_predicted_total", "counter", counters.released.generated],
            ["llamacpp:requests_processing", "gauge", engine.running],
            ["llamacpp:requests_deferred", "gauge", engine.waiting],
          ],
          { number: streamNumber, headers: { ...headers, "process-start-time-unix": String(startedAtMs * 1_000) } },
        ),
    ],
  ]),
  generation,
  noPage: () => errorPage(404, "File Not Found"),
  renderError: ({ status, type, message, fields }) =>
    errorPage(
      status,
      message,
      type === "exceed_context_size_error" ? type : undefined,
      type === invalidBody ? {} : fields,
    ),
  refuseKey: (path) => (openPaths.has(path) ? undefined : errorPage(401, "Invalid API Key")),
  unavailable: (condition) => (condition === "loading" ? errorPage(503, "Loading model") : undefined),
};
