/**
 * What an engine's error answer means: the client's mistake, told in the engine's words, or the engine's, told in ours.
 *
 * Shapes: OpenAI's `{error: {message, param, code}}`, vLLM's and SGLang's older `{object: "error", message, code}`, TGI's and Ollama's `{error: "..."}`
 * (TGI with `error_type`), FastAPI's `{detail: "..."}` and `{detail: [{loc, msg}]}`.
 */
import { type ErrorCode, TeraError } from "@tera/protocol";
import { asArray, asCount, asObject, asString } from "./json-access.ts";

const messageLengthMax = 1_000;
const detailLengthMax = 300;
const retryAfterMaxS = 3_600;
/** What a client is told when the engine does not say when it has room again. */
const retryAfterDefaultS = 5;
const contextLength =
  /context length|context size|context window|maximum context|too many tokens|exceeds? the (?:available|maximum)|longer than the|max_seq_len|(?:must have less than|must be <=) \d+(?: tokens)?\. Given/i;
const noSuchModel =
  /model.{0,600}(?:not found|does not exist|not exist|unknown|not loaded)|unknown model|no such model/is;

export interface EngineErrorContext {
  /** The engine's own name of the model, which is replaced by the one that the client used. */
  engineModelId?: string | undefined;
  publicModelId?: string | undefined;
  /** The `retry-after` header. */
  retryAfter?: string | undefined;
}

/** @param body the error answer, as text. Only 400, 413 and 422 can be the client's fault: everything else is between us and the engine. */
export function toEngineError(status: number, body: string, context: EngineErrorContext = {}): TeraError {
  if (status === 400 || status === 413 || status === 422) {
    const { message, param } = readMessage(body);
    const code: ErrorCode = contextLength.test(message) ? "context_length_exceeded" : "invalid_request";
    // Validators quote the request: it belongs into the answer, not into a log.
    return new TeraError(code, clean(message, context), { param, detail: `HTTP ${status}` });
  }
  const detail = `HTTP ${status}: ${body.slice(0, detailLengthMax)}`;
  if (status === 429 || status === 503 || status === 529) {
    return new TeraError("runner_overloaded", "The model has no room for another request now. Try again soon.", {
      detail,
      retryAfterS: readRetryAfter(context.retryAfter) ?? retryAfterDefaultS,
    });
  }
  // A model that went since the last look at the engine; another replica may still have it.
  if (status === 404 && noSuchModel.test(body)) {
    return new TeraError("runner_failed", "The model's engine failed. Try again.", { detail });
  }
  if (status === 404 || status === 405 || status === 501) {
    return new TeraError("unsupported_parameter", "This model does not offer this endpoint.", {
      param: "model",
      detail,
      retryable: false,
    });
  }
  const why = status === 401 || status === 403 ? "the engine refuses the key (apiKey in the worker's file): " : "";
  return new TeraError("runner_failed", "The model's engine failed. Try again.", { detail: why + detail });
}

const statusOfType: Readonly<Record<string, number>> = {
  validation: 422,
  invalid_request_error: 400,
  BadRequestError: 400,
  overloaded: 429,
  overloaded_error: 429,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
};

/** @param chunk one event of a stream. @returns the HTTP status that its error would have had; undefined when it is no error. */
export function findErrorStatus(chunk: Record<string, unknown>): number | undefined {
  const error = chunk["error"];
  if (error == null && chunk["object"] !== "error") return undefined;
  const source = asObject(error) ?? chunk;
  const code = asCount(source["code"]) ?? asCount(Number(asString(source["code"]) ?? Number.NaN));
  if (code !== undefined && code >= 400 && code < 600) return code;
  const type = asString(source["error_type"]) ?? asString(source["type"]) ?? "";
  const known = statusOfType[type];
  if (known !== undefined) return known;
  // LM Studio finds out that a prompt is too long when its stream has begun, and says so in a sentence alone.
  return contextLength.test(asString(source["message"]) ?? asString(error) ?? "") ? 400 : 500;
}

function readMessage(body: string): { message: string; param: string | undefined } {
  const root = asObject(parse(body));
  const error = asObject(root?.["error"]) ?? root;
  const problem = asObject(asArray(root?.["detail"])[0]);
  const told =
    asString(error?.["message"]) ??
    asString(root?.["error"]) ??
    asString(root?.["detail"]) ??
    asString(asObject(root?.["detail"])?.["message"]) ??
    asString(problem?.["msg"]) ??
    "The model's engine refused the request.";
  const { message, location } = readProblems(told);
  return { message, param: asString(error?.["param"]) ?? location ?? readLocation(problem?.["loc"]) };
}

/**
 * vLLM and others put a validator's list of problems into the sentence, as JSON or as Python prints it: the first problem's words are kept, not the
 * request that it quotes.
 */
function readProblems(text: string): { message: string; location: string | undefined } {
  if (!text.startsWith("[{")) return { message: text, location: undefined };
  const message = /["']msg["']:\s*(["'])(.*?)\1\s*[,}]/s.exec(text)?.[2];
  const path = /["']loc["']:\s*[[(](.*?)[\])]/s.exec(text)?.[1] ?? "";
  const location = readLocation([...path.matchAll(/["']?([\w.$-]+)["']?/g)].map((match) => match[1]));
  return { message: message ?? "The model's engine refused the request.", location };
}

/** FastAPI's `["body", "stream_options", "x"]`. */
function readLocation(value: unknown): string | undefined {
  const path = asArray(value).slice(1).map(String).join(".");
  return path === "" ? undefined : path;
}

/** Seconds, or an HTTP date (RFC 9110, 10.2.3). */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.min(Math.max(1, Math.ceil(seconds)), retryAfterMaxS) : undefined;
}

/** No stack, no path, no address of the operator's machines, and not the engine's own name of the model. */
function clean(message: string, { engineModelId, publicModelId }: EngineErrorContext): string {
  let text = message.split(/\n\s*(?:at |File "|Traceback)/)[0] ?? message;
  if (engineModelId !== undefined && publicModelId !== undefined && engineModelId !== publicModelId) {
    text = text.replace(wholeWord(engineModelId), () => publicModelId);
  }
  return text
    .replace(/\b[a-z][a-z+.-]*:\/\/[^\s'"`,)]+/gi, "<address>")
    .replace(/\[[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*\](?::\d+)?|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/gi, "<address>")
    .replace(/\b(?:localhost|[\w-]+(?:\.[\w-]+)+):\d{2,5}\b/gi, "<address>")
    .replace(/\b[A-Za-z]:\\[^\s'"`,)]+|(?<![\w./<])~?(?:\/[\w.@+-]+){2,}\/?/g, "<path>")
    .slice(0, messageLengthMax)
    .trim();
}

/** With whatever stands before it as in a path: Ollama says `registry.ollama.ai/library/<model>`. */
function wholeWord(text: string): RegExp {
  return new RegExp(`(?<![\\w-])(?:[\\w.-]+/)*${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`, "g");
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
