/** What an engine's error answer means: the client's mistake, told in the engine's words, or the engine's, told in ours. */
import { TeraError } from "@tera/protocol";
import { asObject, asString } from "./json-access.ts";

const messageLengthMax = 1_000;
const contextLength =
  /context length|context size|maximum context|too many tokens|exceeds? the (?:available|maximum)|longer than the/i;

/** @param body the error answer, as text. Only 400, 413 and 422 can be the client's fault: everything else is between us and the engine. */
export function toEngineError(status: number, body: string): TeraError {
  const detail = `HTTP ${status}: ${body.slice(0, messageLengthMax)}`;
  if (status === 400 || status === 413 || status === 422) {
    const { message, param } = readMessage(body);
    const code = contextLength.test(message) ? "context_length_exceeded" : "invalid_request";
    return new TeraError(code, message, { param, detail });
  }
  if (status === 404) {
    return new TeraError("unsupported_parameter", "This model does not offer this endpoint.", {
      param: "model",
      detail,
      retryable: false,
    });
  }
  return new TeraError("runner_failed", "The model's engine failed. Try again.", { detail });
}

/** OpenAI's `{error: {message, param}}`, vLLM's older `{message, param}`, FastAPI's `{detail}`. */
function readMessage(body: string): { message: string; param: string | undefined } {
  const root = asObject(parse(body));
  const error = asObject(root?.["error"]) ?? root;
  const message =
    asString(error?.["message"]) ??
    asString(root?.["error"]) ??
    asString(error?.["detail"]) ??
    "The model's engine refused the request.";
  return { message: clean(message), param: asString(error?.["param"]) };
}

/** No stack, no path, no address of the operator's machines. */
function clean(message: string): string {
  const firstPart = message.split(/\n\s*(?:at |File "|Traceback)/)[0] ?? message;
  return firstPart
    .replace(/https?:\/\/\S+/g, "<address>")
    .replace(/(?:\/[\w.-]+){3,}/g, "<path>")
    .slice(0, messageLengthMax)
    .trim();
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
