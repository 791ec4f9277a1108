/**
 * The least that calls itself OpenAI-compatible: a list of ids, and chat.
 *
 * It reads a handful of fields and ignores the rest; it knows no tools, no formats, no `stream_options` and never tells usage. Its stream makes use of
 * what the standard on server-sent events allows (WHATWG HTML, 9.2): lines end in CR LF, comments come in between; and it closes without
 * `[DONE]`, as OpenAI's own did not always send it.
 */
import { EngineError } from "../engine-error.ts";
import { type AnswerStyle, plainUsage } from "./answer-style.ts";
import { type Dialect, type GenerationHandler, jsonPage, type PageMaker, textPage } from "./dialect.ts";
import { createChatHandler } from "./text-handlers.ts";

const style: AnswerStyle = {
  chatId: () => "chat",
  completionId: () => "chat",
  headers: {},
  reasoning: "hidden",
  finishDelta: {},
  usage: plainUsage,
  streamUsage: "never",
  preface: ": hello\r\n\r\n",
  frame: (json) => `data:${json}\r\n\r\n: ping\r\n\r\n`,
  done: "",
};

const generation = new Map<string, GenerationHandler>([
  [
    "/v1/chat/completions",
    createChatHandler({
      style,
      fields: ["model", "messages", "stream", "max_tokens", "temperature", "top_p", "stop", "seed"],
      rawReasoning: true,
      budget({ maxModelLen }, promptTokens, maxTokens) {
        const room = maxModelLen - promptTokens;
        if (room > 0) return Math.min(maxTokens ?? room, room);
        throw new EngineError(
          400,
          "error",
          `prompt of ${promptTokens} tokens exceeds the maximum context of ${maxModelLen}`,
        );
      },
    }),
  ],
]);

export const generic: Dialect = {
  pages: new Map<string, PageMaker>([
    [
      "/v1/models",
      ({ settings }) => jsonPage({ object: "list", data: settings.models.map((id) => ({ id, object: "model" })) }),
    ],
  ]),
  generation,
  noPage: () => textPage("Not Found", { status: 404 }),
  renderError: ({ status, message }) => jsonPage({ error: message }, { status }),
  refuseKey: () => jsonPage({ error: "wrong key" }, { status: 401 }),
  unavailable: (condition, method) =>
    condition === "overloaded" && method === "POST" ? textPage("busy", { status: 503 }) : undefined,
};
