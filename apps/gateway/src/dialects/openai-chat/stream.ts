/**
 * OpenAI Chat Completions as a stream of chunks.
 *
 * Hot path: everything of a chunk that does not change is a string made once; a plain piece of content costs one concatenation and the escaping of its text.
 */
import { type Delta, encodeSseEvent, sseDone, sseKeepAlive, toErrorBody } from "@tera/protocol";
import type { RenderContext, Renderer } from "../dialect.ts";
import { toOpenAiUsage } from "../openai-usage.ts";
import { toToolCallChunks } from "./tool-calls.ts";

export function createChatStream(
  { requestId, createdAtS }: RenderContext,
  model: string,
  includeUsage: boolean,
): Renderer {
  const head = `{"id":"chatcmpl-${requestId.slice("req_".length)}","object":"chat.completion.chunk","created":${createdAtS},"model":${JSON.stringify(model)},"choices":[`;
  // With include_usage every chunk but the last has a null usage, as OpenAI sends it.
  const tail = includeUsage ? `],"usage":null}` : "]}";
  const begun = new Set<number>();

  function choice(index: number, delta: string, logprobs: string, finishReason: string): string {
    return encodeSseEvent(
      `${head}{"index":${index},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finishReason}}${tail}`,
    );
  }

  function render(delta: Delta): string {
    let text = "";
    if (!begun.has(delta.index)) {
      begun.add(delta.index);
      text = choice(delta.index, `{"role":"assistant","content":""}`, "null", "null");
    }
    const logprobs = delta.logprobs === undefined ? "null" : JSON.stringify({ content: delta.logprobs, refusal: null });
    const finishReason = delta.finishReason === undefined ? "null" : `"${delta.finishReason}"`;
    return text + choice(delta.index, fields(delta), logprobs, finishReason);
  }

  return {
    contentType: "text/event-stream",
    deltas(deltas) {
      let text = "";
      for (const delta of deltas) text += render(delta);
      return text;
    },
    end(usage) {
      const last = includeUsage ? encodeSseEvent(`${head}],"usage":${JSON.stringify(toOpenAiUsage(usage))}}`) : "";
      return last + sseDone;
    },
    error: (error) => encodeSseEvent(JSON.stringify(toErrorBody(error))),
    keepAlive: sseKeepAlive,
  };
}

/** The `delta` object of a chunk. */
function fields(delta: Delta): string {
  if (delta.toolCalls === undefined && delta.reasoning === undefined) {
    return delta.content === undefined ? "{}" : `{"content":${JSON.stringify(delta.content)}}`;
  }
  return JSON.stringify({
    reasoning_content: delta.reasoning,
    content: delta.content,
    tool_calls: delta.toolCalls === undefined ? undefined : toToolCallChunks(delta.toolCalls),
  });
}
