/**
 * OpenAI Chat Completions as a stream of chunks.
 *
 * Hot path: everything of a chunk that does not change is a string made once; a plain piece of content costs a concatenation and the escaping
 * of its text.
 */
import type { Delta, ReasoningField } from "@tera/protocol";
import type { RenderContext, Renderer } from "../dialect.ts";
import { createOpenAiEventStream } from "../openai-event-stream.ts";
import { nameReasoning } from "./reasoning.ts";
import { toToolCallChunks } from "./tool-calls.ts";

export function createChatStream(
  { requestId, createdAtS, reasoningField }: RenderContext,
  model: string,
  includeUsage: boolean,
): Renderer {
  const begun = new Set<number>();

  function choice(index: number, delta: string, logprobs: string, finishReason: string): string {
    return `{"index":${index},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finishReason}}`;
  }

  return createOpenAiEventStream({
    head: `{"id":"chatcmpl-${requestId.slice("req_".length)}","object":"chat.completion.chunk","created":${createdAtS},"model":${JSON.stringify(model)},"choices":[`,
    includeUsage,
    render(delta, chunk) {
      let first = "";
      if (!begun.has(delta.index)) {
        begun.add(delta.index);
        first = chunk(choice(delta.index, `{"role":"assistant","content":""}`, "null", "null"));
      }
      const logprobs =
        delta.logprobs === undefined ? "null" : JSON.stringify({ content: delta.logprobs, refusal: null });
      const finishReason = delta.finishReason === undefined ? "null" : `"${delta.finishReason}"`;
      return first + chunk(choice(delta.index, fields(delta, reasoningField), logprobs, finishReason));
    },
  });
}

/** The `delta` object of a chunk. */
function fields(delta: Delta, reasoningField: ReasoningField): string {
  if (delta.toolCalls === undefined && delta.reasoning === undefined) {
    return delta.content === undefined ? "{}" : `{"content":${JSON.stringify(delta.content)}}`;
  }
  return JSON.stringify({
    ...nameReasoning(reasoningField, delta.reasoning),
    content: delta.content,
    tool_calls: delta.toolCalls === undefined ? undefined : toToolCallChunks(delta.toolCalls),
  });
}
