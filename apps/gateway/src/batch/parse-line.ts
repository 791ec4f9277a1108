/** What the body of a batch's line asks for, by the dialect of its endpoint. */
import type { RequestLine } from "@tera/batch";
import type { BatchEndpoint } from "@tera/database";
import { TeraError } from "@tera/protocol";
import type { Call, ParseCall } from "../dialects/dialect.ts";
import { parseChatCall } from "../dialects/openai-chat/parse.ts";
import { parseCompletionCall } from "../dialects/openai-completion/parse.ts";

const parsers: Readonly<Record<BatchEndpoint, ParseCall>> = {
  "/v1/chat/completions": parseChatCall,
  "/v1/completions": parseCompletionCall,
};

/** @throws {TeraError} what the endpoint itself would say; and that a line has nobody to stream to. */
export function parseLine({ url, body }: RequestLine): Call {
  const call = parsers[url](body);
  if (call.answer === "pieces") {
    throw new TeraError("invalid_request", "a line of a batch cannot be streamed: leave `stream` out", {
      param: "stream",
    });
  }
  return call;
}
