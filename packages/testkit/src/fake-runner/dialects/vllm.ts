/**
 * vLLM's OpenAI server (docs.vllm.ai, "OpenAI-Compatible Server"; vllm-project/vllm, vllm/entrypoints/openai). The default: what it says is in
 * ../chat.ts, ../completions.ts, ../speech.ts, ../models.ts and ../metrics.ts.
 */
import { handleChat } from "../chat.ts";
import { handleCompletion } from "../completions.ts";
import { jsonHeaders } from "../generate.ts";
import { renderMetrics } from "../metrics.ts";
import { renderModels } from "../models.ts";
import { handleSpeech } from "../speech.ts";
import type { Dialect, GenerationHandler, PageMaker } from "./dialect.ts";
import { fastApiNoPage, uvicornPage } from "./fast-api.ts";
import {
  asBody,
  commonChatFields,
  commonCompletionFields,
  type Field,
  parametersOf,
  readFields,
} from "./read-fields.ts";

const fakeVllmVersion = "0.14.0";

const sampling = ["top_k", "min_p", "repetition_penalty", "logit_bias", "n", "stream_options"];
const chatFields: readonly Field[] = [
  ...commonChatFields,
  ...sampling,
  "max_completion_tokens",
  "logprobs",
  "top_logprobs",
  "parallel_tool_calls",
  "reasoning_effort",
  "chat_template_kwargs",
  "continue_final_message",
  "add_generation_prompt",
];
const completionFields: readonly Field[] = [...commonCompletionFields, ...sampling, "logprobs", "echo"];
const speechFields: readonly Field[] = ["model", "input", "voice", "response_format", "speed"];

function understanding(fields: readonly Field[], handler: GenerationHandler): GenerationHandler {
  return (context, json, reply, logged) => {
    logged.understood = parametersOf(readFields(asBody(json), fields));
    return handler(context, json, reply, logged);
  };
}

const generation = new Map<string, GenerationHandler>([
  ["/v1/chat/completions", understanding(chatFields, handleChat)],
  ["/v1/completions", understanding(completionFields, handleCompletion)],
  ["/v1/audio/speech", understanding(speechFields, handleSpeech)],
]);

const alive = () => ({ status: 200, headers: { server: "uvicorn" }, body: "" });

export const vllm: Dialect = {
  pages: new Map<string, PageMaker>([
    ["/health", alive],
    ["/ping", alive],
    ["/version", () => uvicornPage({ version: fakeVllmVersion })],
    [
      "/v1/models",
      ({ settings, startedAtS }) => ({ status: 200, headers: jsonHeaders, body: renderModels(settings, startedAtS) }),
    ],
    ["/metrics", renderMetrics],
  ]),
  generation,
  noPage: (_method, path) => fastApiNoPage(generation, path),
  renderError: (error) => ({ status: error.status, headers: jsonHeaders, body: error.body() }),
  refuseKey: (path) => (path.startsWith("/v1/") ? uvicornPage({ error: "Unauthorized" }, 401) : undefined),
};
