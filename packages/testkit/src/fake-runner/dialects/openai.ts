/**
 * A hosted service, as OpenAI's own.
 *
 * Sources: OpenAI's openapi.yaml (openai/openai-openapi: chat completions, models, streaming, errors), its guides on rate limits (the headers) and
 * on error codes; the sentences "Unrecognized request argument supplied" and "Unsupported parameter: 'max_tokens'" are quoted in many
 * clients' issues (for instance davidmigloz/langchain_dart#712, sipeed/picoclaw#16).
 *
 * - Nothing is open without a key, and nothing is there but /v1. Unknown fields refuse the request; so does `max_tokens`: it is
 *   `max_completion_tokens`. At most four stop strings.
 * - Reasoning is not told, only counted. With usage asked for, every other chunk says `usage: null`.
 * - Rate limits are in headers of every answer; 429 has `retry-after`.
 */
import { EngineError, invalidBody } from "../engine-error.ts";
import type { FakeRunnerSettings } from "../settings.ts";
import { type AnswerStyle, hexId, plainUsage } from "./answer-style.ts";
import { type Dialect, type GenerationHandler, jsonPage, type Page, type PageMaker } from "./dialect.ts";
import { commonChatFields, type Field, unknownFields } from "./read-fields.ts";
import { createChatHandler, type TextDialect } from "./text-handlers.ts";

const headers = {
  server: "cloudflare",
  "openai-version": "2020-10-01",
  "x-ratelimit-limit-requests": "10000",
  "x-ratelimit-limit-tokens": "2000000",
  "x-ratelimit-remaining-requests": "9999",
  "x-ratelimit-remaining-tokens": "1999990",
  "x-ratelimit-reset-requests": "6ms",
  "x-ratelimit-reset-tokens": "0s",
};
const stopMax = 4;

const style: AnswerStyle = {
  chatId: () => hexId("chatcmpl-", 14),
  completionId: () => hexId("cmpl-", 14),
  headers,
  envelope: { service_tier: "default", system_fingerprint: "fp_560af6e559" },
  opening: { role: "assistant", content: "", refusal: null },
  choice: { logprobs: null },
  reasoning: "hidden",
  toolId: () => hexId("call_", 12),
  finishDelta: {},
  usage: (usage) => ({
    ...plainUsage(usage),
    prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }),
  streamUsage: "asked",
  nullUsage: true,
};

const fields: readonly Field[] = [
  ...commonChatFields.filter((field) => field !== "max_tokens"),
  ["max_completion_tokens", "max_tokens"],
  "n",
  "stream_options",
  "logprobs",
  "top_logprobs",
  "logit_bias",
  "parallel_tool_calls",
  "reasoning_effort",
  "user",
  "metadata",
  "store",
  "service_tier",
];

function refused(message: string, param: string | null, code: string | null): EngineError {
  return new EngineError(400, "invalid_request_error", message, param, { code });
}

function tokenBudget({ maxModelLen }: FakeRunnerSettings, promptTokens: number, maxTokens: number | undefined): number {
  const room = maxModelLen - promptTokens;
  if (room > 0) return Math.min(maxTokens ?? room, room);
  throw refused(
    `This model's maximum context length is ${maxModelLen} tokens. However, your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`,
    "messages",
    "context_length_exceeded",
  );
}

const chat: TextDialect = {
  style,
  fields,
  check(body) {
    if (body["max_tokens"] != null) {
      throw refused(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "max_tokens",
        "unsupported_parameter",
      );
    }
    const unknown = unknownFields(body, fields).filter((name) => name !== "max_tokens");
    if (unknown.length > 0) {
      const what = unknown.length === 1 ? "argument" : "arguments";
      throw refused(`Unrecognized request ${what} supplied: ${unknown.join(", ")}`, null, null);
    }
    const { stop } = body;
    if (Array.isArray(stop) && stop.length > stopMax) {
      throw refused(
        `Invalid 'stop': array too long. Expected an array with maximum length ${stopMax}, but got an array with length ${stop.length} instead.`,
        "stop",
        "array_above_max_length",
      );
    }
  },
  unknownModel: (model) =>
    new EngineError(
      404,
      "invalid_request_error",
      `The model \`${model}\` does not exist or you do not have access to it.`,
      null,
      { code: "model_not_found" },
    ),
  budget: tokenBudget,
};

const generation = new Map<string, GenerationHandler>([["/v1/chat/completions", createChatHandler(chat)]]);

function errorPage(status: number, error: object, more: Record<string, string> = {}): Page {
  return jsonPage({ error }, { status, headers: { ...headers, ...more } });
}

export const openai: Dialect = {
  pages: new Map<string, PageMaker>([
    [
      "/v1/models",
      ({ settings, startedAtS }) =>
        jsonPage(
          {
            object: "list",
            data: settings.models.map((id) => ({ id, object: "model", created: startedAtS, owned_by: "system" })),
          },
          { headers },
        ),
    ],
  ]),
  generation,
  noPage: (method, path) =>
    errorPage(404, {
      message: `Invalid URL (${method} ${path})`,
      type: "invalid_request_error",
      param: null,
      code: null,
    }),
  renderError: ({ status, type, message, param, fields: more }) =>
    errorPage(status, {
      message,
      type: type === invalidBody ? "invalid_request_error" : type,
      param,
      code: more["code"] ?? null,
    }),
  refuseKey: (_path, authorization) =>
    errorPage(401, {
      message:
        authorization === undefined
          ? "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
          : "Incorrect API key provided: sk-****. You can find your API key at https://platform.openai.com/account/api-keys.",
      type: "invalid_request_error",
      param: null,
      code: authorization === undefined ? null : "invalid_api_key",
    }),
  unavailable: (condition, method) =>
    condition === "overloaded" && method === "POST"
      ? errorPage(
          429,
          {
            message:
              "Rate limit reached for this model in organization org-x on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.",
            type: "requests",
            param: null,
            code: "rate_limit_exceeded",
          },
          { "retry-after": "20" },
        )
      : undefined,
};
