/** The one place where an error becomes HTTP: OpenAI's envelope, the status, `retry-after`. */
import { TeraError, toErrorBody } from "@tera/protocol";

export interface RenderedError {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function renderError(error: TeraError): RenderedError {
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
  if (error.retryAfterS !== undefined) headers["retry-after"] = String(error.retryAfterS);
  return { status: error.status, headers, body: JSON.stringify(toErrorBody(error)) };
}

/** What Fastify's own errors mean in our words. Anything unknown is a fault of ours, told without details. */
export function toTeraError(cause: unknown): TeraError {
  if (cause instanceof TeraError) return cause;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new TeraError("body_too_large", "The request body is larger than this service accepts.");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new TeraError("unsupported_media_type", "Send the body as JSON, with `content-type: application/json`.");
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new TeraError("invalid_json", "The request body is not valid JSON.");
    default:
  }
  // Fastify's JSON parser throws a plain SyntaxError with a status, also for `__proto__`.
  if (cause instanceof SyntaxError && "statusCode" in cause && cause.statusCode === 400) {
    return new TeraError("invalid_json", "The request body is not valid JSON, or holds the key `__proto__`.");
  }
  return new TeraError("internal_error", "Something went wrong on our side. Try again.", { cause });
}
