/** OpenAI's legacy text completion as a stream of chunks. */
import type { RenderContext, Renderer } from "../dialect.ts";
import { createOpenAiEventStream } from "../openai-event-stream.ts";
import { toCompletionLogprobs } from "./logprobs.ts";

export function createCompletionStream(
  { requestId, createdAtS }: RenderContext,
  model: string,
  includeUsage: boolean,
): Renderer {
  const textLength = new Map<number, number>();

  return createOpenAiEventStream({
    head: `{"id":"cmpl-${requestId.slice("req_".length)}","object":"text_completion","created":${createdAtS},"model":${JSON.stringify(model)},"choices":[`,
    includeUsage,
    /** Hot path. A completion has one text: what a model reasons is part of it. */
    render(delta, chunk) {
      const text = (delta.reasoning ?? "") + (delta.content ?? "");
      const offset = textLength.get(delta.index) ?? 0;
      textLength.set(delta.index, offset + text.length);
      const logprobs =
        delta.logprobs === undefined ? "null" : JSON.stringify(toCompletionLogprobs(delta.logprobs, offset));
      const finishReason = delta.finishReason === undefined ? "null" : `"${delta.finishReason}"`;
      return chunk(
        `{"index":${delta.index},"text":${JSON.stringify(text)},"logprobs":${logprobs},"finish_reason":${finishReason}}`,
      );
    },
  });
}
