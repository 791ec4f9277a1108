/** Why a request ended as it did, in plain words, as far as its usage event tells. Pure. */
import type { UsageEvent } from "@tera/database";
import { type ErrorCode, isErrorCode } from "@tera/protocol";

/** What each code of an error means to who runs Tera; docs/errors.md says what a client can do. */
const errorReasons: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "A field of the request was missing, of the wrong type or out of range.",
  invalid_json: "The body was not valid JSON.",
  context_length_exceeded: "Prompt and answer did not fit into the model's context.",
  unsupported_parameter: "The request asked for something that this model cannot do.",
  invalid_api_key: "The key was revoked.",
  insufficient_quota: "The account's credit, or the key's budget, did not cover the request.",
  model_not_allowed: "The key is scoped to other models.",
  address_not_allowed: "The key may not be used from the client's address.",
  model_not_found: "Nobody serves a model of this name.",
  not_found: "There was no such file or batch, or it was another account's.",
  unsupported_endpoint: "This endpoint is not offered.",
  method_not_allowed: "The path does not know this method.",
  body_too_large: "The body was larger than the gateway allows.",
  unsupported_media_type: "The body was not JSON.",
  rate_limit_exceeded: "A limit of the key or of the account was reached.",
  queue_full: "Too many requests were waiting already.",
  headers_too_large: "The headers were too large.",
  internal_error: "The gateway failed; its log has the reason under the request's id.",
  runner_failed: "The engine failed.",
  worker_lost: "The worker died, or the connection to it broke.",
  no_replica: "No runner that serves the model was ready.",
  runner_overloaded: "The engine had no room for another request.",
  queue_unavailable: "Redis was away.",
  database_unavailable: "Postgres was away.",
  storage_unavailable: "The store of files was away.",
  payment_provider_unavailable: "The payment provider could not be asked; it is no answer to a request for a model.",
  draining: "The gateway was being stopped.",
  queue_wait_timeout: "No replica became free in time.",
  first_token_timeout: "The engine did not begin to answer in time.",
  between_tokens_timeout: "The engine fell silent in the middle of its answer.",
  total_timeout: "The answer took longer than a request may.",
};

/** @returns a sentence about a code of an error, also of one that another version wrote. */
export function explainErrorCode(code: string): string {
  return isErrorCode(code) ? errorReasons[code] : `It ended with ${code}.`;
}

const finishReasons: Readonly<Record<string, string>> = {
  stop: "It was answered in full.",
  length: "It was answered up to its limit of tokens: the client's own, the model's, or what the credit covered.",
  tool_calls: "It was answered with calls of tools.",
  content_filter: "Its answer was cut off by the engine's filter.",
};

type Ended = Pick<
  UsageEvent,
  "status" | "errorCode" | "finishReason" | "failedAttempts" | "attempts" | "totalMs" | "ttftMs" | "queueMs"
>;

/** One to three sentences. */
export function explainEnd(event: Ended): string {
  return [describeEnd(event), describeAttempts(event)].filter((sentence) => sentence !== undefined).join(" ");
}

function describeEnd({ status, errorCode, finishReason, totalMs, ttftMs, queueMs }: Ended): string {
  if (errorCode !== null) {
    return status === "cancelled"
      ? `${explainErrorCode(errorCode)} What had come until then is charged.`
      : explainErrorCode(errorCode);
  }
  if (status === "succeeded") return finishReasons[finishReason ?? "stop"] ?? "It was answered.";
  if (status === "failed") return "It failed, and the reason was not recorded.";
  const phase =
    queueMs === null ? "while it waited" : ttftMs === null ? "before its first token" : "while its answer came";
  return `The client left after ${formatMs(totalMs)}, ${phase}.`;
}

function describeAttempts({ status, failedAttempts, attempts }: Ended): string | undefined {
  const failed = failedAttempts.length;
  if (status === "failed") {
    if (attempts === 0) return "No worker had taken it.";
    return failed > 1 ? `${failed} attempts failed.` : undefined;
  }
  if (failed === 0) return undefined;
  return failed === 1 ? "One attempt had failed before." : `${failed} attempts had failed before.`;
}

/** `850 ms`, `1.2 s`, `3 min 20 s`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 59_950) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
