/** OpenAI's legacy text completion as a stream of chunks. */
import { type Delta, encodeSseEvent, sseDone, sseKeepAlive, toErrorBody } from "@tera/protocol";
import type { RenderContext, Renderer } from "../dialect.ts";
import { toOpenAiUsage } from "../openai-usage.ts";
import { toCompletionLogprobs } from "./logprobs.ts";

export function createCompletionStream(
  { requestId, createdAtS }: RenderContext,
  model: string,
  includeUsage: boolean,
): Renderer {
  const head = `{"id":"cmpl-${requestId.slice("req_".length)}","object":"text_completion","created":${createdAtS},"model":${JSON.stringify(model)},"choices":[`;
  const tail = includeUsage ? `],"usage":null}` : "]}";
  const textLength = new Map<number, number>();

  /** Hot path. A completion has one text: what a model reasons is part of it. */
  function render(delta: Delta): string {
    const text = (delta.reasoning ?? "") + (delta.content ?? "");
    const offset = textLength.get(delta.index) ?? 0;
    textLength.set(delta.index, offset + text.length);
    const logprobs =
      delta.logprobs === undefined ? "null" : JSON.stringify(toCompletionLogprobs(delta.logprobs, offset));
    const finishReason = delta.finishReason === undefined ? "null" : `"${delta.finishReason}"`;
    return encodeSseEvent(
      `${head}{"index":${delta.index},"text":${JSON.stringify(text)},"logprobs":${logprobs},"finish_reason":${finishReason}}${tail}`,
    );
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
