/** OpenAI Chat Completions: body to canonical call. */
import { type ChatGeneration, type ChatRequestBody, chatRequestSchema, toSampling } from "@tera/protocol";
import type { ParseCall } from "../dialect.ts";
import { parseBody } from "../parse-body.ts";
import { createChatStream } from "./stream.ts";
import { createChatWhole } from "./whole.ts";

export const parseChatCall: ParseCall = (body) => {
  const chat = parseBody(chatRequestSchema, body);
  const request = toGeneration(chat);
  if (chat.stream !== true) {
    return { request, answer: "whole", createRenderer: (context) => createChatWhole(context, chat.model) };
  }
  const includeUsage = chat.stream_options?.include_usage === true;
  return {
    request,
    answer: "pieces",
    createRenderer: (context) => createChatStream(context, chat.model, includeUsage),
  };
};

function toGeneration(chat: ChatRequestBody): ChatGeneration {
  const logprobs = chat.logprobs === true ? (chat.top_logprobs ?? 0) : undefined;
  const request: ChatGeneration = {
    kind: "chat",
    model: chat.model,
    messages: chat.messages,
    n: chat.n ?? 1,
    // OpenAI's newer name wins where a client sends both.
    sampling: toSampling(chat, chat.max_completion_tokens ?? chat.max_tokens, logprobs),
  };
  if (chat.tools?.length) request.tools = chat.tools;
  if (chat.tool_choice != null && request.tools !== undefined) request.toolChoice = chat.tool_choice;
  if (chat.parallel_tool_calls != null && request.tools !== undefined)
    request.parallelToolCalls = chat.parallel_tool_calls;
  if (chat.response_format != null && chat.response_format.type !== "text")
    request.responseFormat = chat.response_format;
  if (chat.reasoning_effort != null) request.reasoningEffort = chat.reasoning_effort;
  return request;
}
