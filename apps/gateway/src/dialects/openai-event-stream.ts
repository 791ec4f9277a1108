/** The frame of OpenAI's event streams: chunks as they come, the usage chunk where it was asked for, `[DONE]`, or one error event. */
import { type Delta, encodeSseEvent, sseDone, sseKeepAlive, toErrorBody } from "@tera/protocol";
import type { Renderer } from "./dialect.ts";
import { toOpenAiUsage } from "./openai-usage.ts";

export interface OpenAiEventStreamOptions {
  /** A chunk's JSON up to and with the opening bracket of `choices`. */
  head: string;
  includeUsage: boolean;
  /** Hot path: the events of one delta, made with `chunk`. */
  render(delta: Delta, chunk: (choice: string) => string): string;
}

export function createOpenAiEventStream({ head, includeUsage, render }: OpenAiEventStreamOptions): Renderer {
  // With include_usage every chunk but the last has a null usage, as OpenAI sends it.
  const tail = includeUsage ? `],"usage":null}` : "]}";
  const chunk = (choice: string) => encodeSseEvent(head + choice + tail);

  return {
    contentType: "text/event-stream",
    deltas(deltas) {
      let text = "";
      for (const delta of deltas) text += render(delta, chunk);
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
