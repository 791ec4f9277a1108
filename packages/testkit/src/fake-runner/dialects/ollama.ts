/**
 * Ollama, through its OpenAI-compatible endpoints.
 *
 * Sources, in ollama/ollama: openai/openai.go (fields, chunks, errors), middleware/openai.go (streams, usage, model list), server/routes.go and
 * server/sched.go (errors), docs/openai.md, docs/api.md; docs.ollama.com/api/ps (`context_length` is what a loaded model really has, whatever
 * /api/show says that it was trained for).
 *
 * - Only documented fields are read: no `top_k`, `min_p`, `repetition_penalty`, `n`, `tool_choice`, `max_completion_tokens`. The rest is ignored.
 * - A prompt that is too long is cut, not refused; an answer goes on beyond the context.
 * - Every delta has role and content; reasoning is in `reasoning`; a tool call comes whole, in one delta.
 * - Text completion takes one prompt, a string. With usage asked for, its chunks say 0 until the last.
 * - Ids may have no tag (`:latest` then). A model that is not there is 404; too many requests are 503.
 */
import { randomInt } from "node:crypto";
import { badRequest, EngineError, invalidBody } from "../engine-error.ts";
import type { FakeRunnerSettings } from "../settings.ts";
import { type AnswerStyle, plainUsage } from "./answer-style.ts";
import {
  type Dialect,
  type GenerationHandler,
  jsonPage,
  type Page,
  type PageMaker,
  type QuestionMaker,
  textPage,
} from "./dialect.ts";
import { asBody, type Field } from "./read-fields.ts";
import { createChatHandler, createCompletionHandler, type TextDialect } from "./text-handlers.ts";

const fakeOllamaVersion = "0.13.1";

const style: AnswerStyle = {
  chatId: () => `chatcmpl-${randomInt(999)}`,
  completionId: () => `cmpl-${randomInt(999)}`,
  headers: {},
  envelope: { system_fingerprint: "fp_ollama" },
  delta: { role: "assistant", content: "" },
  reasoning: "reasoning",
  wholeCalls: true,
  toolId: () =>
    `call_${randomInt(2 ** 40)
      .toString(36)
      .padStart(8, "0")}`,
  toolCall: ({ id, index, name, arguments: text }) => ({
    id,
    index,
    type: "function",
    function: { name, arguments: text },
  }),
  finishDelta: { role: "assistant", content: "" },
  finishReason: ({ reason }) => reason,
  usage: plainUsage,
  streamUsage: "asked",
  completion: {
    finishApart: true,
    askedUsage: { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } },
  },
};

const sampling: readonly Field[] = [
  "model",
  "stream",
  "stream_options",
  "max_tokens",
  "temperature",
  "top_p",
  "stop",
  "seed",
  "frequency_penalty",
  "presence_penalty",
];
const efforts = new Set(["high", "medium", "low", "none"]);

/** A name without a tag means `:latest`. */
function tagged(model: string): string {
  return /:[^/]+$/.test(model) ? model : `${model}:latest`;
}

function unknownModel(model: string): EngineError {
  return new EngineError(404, "not_found_error", `model '${model}' not found`);
}

const chat: TextDialect = {
  style,
  fields: [...sampling, "messages", "response_format", "tools", "reasoning_effort"],
  check(body) {
    const { messages, reasoning_effort: effort } = body;
    if (Array.isArray(messages) && messages.length === 0) throw badRequest("[] is too short - 'messages'");
    if (typeof effort === "string" && effort !== "" && !efforts.has(effort)) {
      throw badRequest(`invalid reasoning value: '${effort}' (must be "high", "medium", "low", or "none")`);
    }
  },
  translate: (read, settings) => ({ ...read, model: listedName(read["model"], settings) }),
  unknownModel,
  budget: (_settings, _promptTokens, maxTokens) => maxTokens ?? Number.POSITIVE_INFINITY,
};

const completion: TextDialect = {
  ...chat,
  fields: [...sampling, "prompt"],
  check({ prompt }) {
    if (typeof prompt !== "string") {
      throw badRequest("json: cannot unmarshal array into Go struct field CompletionRequest.prompt of type string");
    }
  },
};

/** The setting's spelling of a name, which may lack its tag. */
function listedName(model: unknown, { models }: FakeRunnerSettings): unknown {
  return typeof model === "string" ? (models.find((one) => tagged(one) === tagged(model)) ?? model) : model;
}

const generation = new Map<string, GenerationHandler>([
  ["/v1/chat/completions", createChatHandler(chat)],
  ["/v1/completions", createCompletionHandler(completion)],
]);

function errorPage(status: number, message: string, type: string): Page {
  return jsonPage({ error: { message, type, param: null, code: null } }, { status });
}

const details = {
  parent_model: "",
  format: "gguf",
  family: "llama",
  families: ["llama"],
  parameter_size: "8.0B",
  quantization_level: "Q4_K_M",
};

function listing(id: string, startedAtS: number) {
  const name = tagged(id);
  return {
    name,
    model: name,
    size: 5_137_025_024,
    digest: "2ae6f6dd7a3dd734790bbbf58b8909a6",
    details,
    at: startedAtS,
  };
}

export const ollama: Dialect = {
  pages: new Map<string, PageMaker>([
    ["/", () => textPage("Ollama is running")],
    ["/api/version", () => jsonPage({ version: fakeOllamaVersion })],
    [
      "/api/tags",
      ({ settings, startedAtS }) =>
        jsonPage({
          models: settings.models.map((id) => {
            const { at, ...model } = listing(id, startedAtS);
            return { ...model, modified_at: new Date(at * 1000).toISOString() };
          }),
        }),
    ],
    [
      "/api/ps",
      ({ settings, startedAtS }) =>
        jsonPage({
          models: settings.models.slice(0, 1).map((id) => {
            const { at, ...model } = listing(id, startedAtS);
            return {
              ...model,
              expires_at: new Date((at + 86_400) * 1000).toISOString(),
              size_vram: model.size,
              context_length: settings.maxModelLen,
            };
          }),
        }),
    ],
    [
      "/v1/models",
      ({ settings, startedAtS }) =>
        jsonPage({
          object: "list",
          data: settings.models.map((id) => ({
            id: tagged(id),
            object: "model",
            created: startedAtS,
            owned_by: "library",
          })),
        }),
    ],
  ]),
  questions: new Map<string, QuestionMaker>([
    [
      "/api/show",
      ({ settings }, json) => {
        const { model, name } = asBody(json);
        const wanted = model ?? name;
        if (typeof wanted !== "string" || !settings.models.some((one) => tagged(one) === tagged(wanted))) {
          return jsonPage({ error: `model '${String(wanted)}' not found` }, { status: 404 });
        }
        return jsonPage({
          details,
          model_info: {
            "general.architecture": "llama",
            "general.parameter_count": 8_030_261_248,
            "llama.context_length": settings.maxModelLen * 4,
          },
          capabilities: ["completion", "tools", "thinking"],
        });
      },
    ],
  ]),
  generation,
  noPage: () => textPage("404 page not found", { status: 404 }),
  renderError({ status, type, message }) {
    const known = type === "not_found_error" ? type : status === 400 ? "invalid_request_error" : "api_error";
    return errorPage(status, type === invalidBody ? `invalid message format: ${message}` : message, known);
  },
  // The local server has no keys.
  refuseKey: () => undefined,
  unavailable: (condition, method, path) =>
    condition === "overloaded" && method === "POST" && generation.has(path)
      ? errorPage(503, "server busy, please try again.  maximum pending requests exceeded", "api_error")
      : undefined,
};
