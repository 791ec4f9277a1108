/**
 * The one error type of Tera and the catalogue of its codes.
 *
 * Whoever finds a fault throws a `TeraError` with a code from the table; one place in the gateway renders it as HTTP and one place,
 * the exchange, decides from `retryable` whether to try again. Each code has an entry in docs/errors.md.
 */

/** Whose fault an error was. Decides who is told: a client sees its own mistakes in detail, everybody else's in one calm sentence. */
export type Fault = "client" | "gateway" | "worker" | "runner";

interface ErrorCodeEntry {
  readonly status: number;
  /** OpenAI's `error.type`. */
  readonly type: string;
  readonly fault: Fault;
  /** Whether another attempt, on another replica, can help. */
  readonly retryable: boolean;
}

/** Every code that a client can see, with its HTTP status. The order is that of the statuses. */
export const errorCodes = {
  invalid_request: { status: 400, type: "invalid_request_error", fault: "client", retryable: false },
  invalid_json: { status: 400, type: "invalid_request_error", fault: "client", retryable: false },
  context_length_exceeded: { status: 400, type: "invalid_request_error", fault: "client", retryable: false },
  unsupported_parameter: { status: 400, type: "invalid_request_error", fault: "client", retryable: false },
  invalid_api_key: { status: 401, type: "authentication_error", fault: "client", retryable: false },
  insufficient_quota: { status: 402, type: "insufficient_quota", fault: "client", retryable: false },
  model_not_allowed: { status: 403, type: "permission_error", fault: "client", retryable: false },
  address_not_allowed: { status: 403, type: "permission_error", fault: "client", retryable: false },
  model_not_found: { status: 404, type: "model_not_found", fault: "client", retryable: false },
  not_found: { status: 404, type: "invalid_request_error", fault: "client", retryable: false },
  unsupported_endpoint: { status: 404, type: "invalid_request_error", fault: "client", retryable: false },
  method_not_allowed: { status: 405, type: "invalid_request_error", fault: "client", retryable: false },
  body_too_large: { status: 413, type: "invalid_request_error", fault: "client", retryable: false },
  unsupported_media_type: { status: 415, type: "invalid_request_error", fault: "client", retryable: false },
  rate_limit_exceeded: { status: 429, type: "rate_limit_error", fault: "client", retryable: false },
  queue_full: { status: 429, type: "rate_limit_error", fault: "gateway", retryable: false },
  headers_too_large: { status: 431, type: "invalid_request_error", fault: "client", retryable: false },
  internal_error: { status: 500, type: "server_error", fault: "gateway", retryable: false },
  runner_failed: { status: 500, type: "server_error", fault: "runner", retryable: true },
  worker_lost: { status: 500, type: "server_error", fault: "worker", retryable: true },
  no_replica: { status: 503, type: "service_unavailable", fault: "gateway", retryable: false },
  runner_overloaded: { status: 503, type: "service_unavailable", fault: "runner", retryable: true },
  queue_unavailable: { status: 503, type: "service_unavailable", fault: "gateway", retryable: false },
  database_unavailable: { status: 503, type: "service_unavailable", fault: "gateway", retryable: false },
  storage_unavailable: { status: 503, type: "service_unavailable", fault: "gateway", retryable: false },
  payment_provider_unavailable: { status: 503, type: "service_unavailable", fault: "gateway", retryable: false },
  draining: { status: 503, type: "service_unavailable", fault: "gateway", retryable: false },
  queue_wait_timeout: { status: 504, type: "timeout", fault: "gateway", retryable: false },
  first_token_timeout: { status: 504, type: "timeout", fault: "runner", retryable: true },
  between_tokens_timeout: { status: 504, type: "timeout", fault: "runner", retryable: true },
  total_timeout: { status: 504, type: "timeout", fault: "gateway", retryable: false },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

/** True for a string that is one of our codes: what arrives from Redis is checked with it. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

export interface TeraErrorOptions {
  /** The request field at fault, as OpenAI spells it: `messages[0].content`. */
  param?: string | undefined;
  /** For logs only: may name hosts, paths and causes that no client may see. */
  detail?: string | undefined;
  /** Seconds after which a client may try again. */
  retryAfterS?: number | undefined;
  /** Overrides the code's own answer to "can another attempt help?". */
  retryable?: boolean | undefined;
  cause?: unknown;
}

/** A failure with a public message (says what to do, names nothing internal) and an internal detail. */
export class TeraError extends Error {
  override readonly name = "TeraError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: string;
  readonly fault: Fault;
  readonly retryable: boolean;
  readonly param: string | undefined;
  readonly detail: string | undefined;
  readonly retryAfterS: number | undefined;

  constructor(code: ErrorCode, publicMessage: string, options: TeraErrorOptions = {}) {
    super(publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    const entry: ErrorCodeEntry = errorCodes[code];
    this.code = code;
    this.status = entry.status;
    this.type = entry.type;
    this.fault = entry.fault;
    this.retryable = options.retryable ?? entry.retryable;
    this.param = options.param;
    this.detail = options.detail;
    this.retryAfterS = options.retryAfterS;
  }
}

/** OpenAI's error envelope. */
export interface ErrorBody {
  error: { message: string; type: string; code: ErrorCode; param: string | null };
}

/** Renders an error the way OpenAI's clients expect it, in a response body and in a stream's error frame. */
export function toErrorBody(error: TeraError): ErrorBody {
  return { error: { message: error.message, type: error.type, code: error.code, param: error.param ?? null } };
}
