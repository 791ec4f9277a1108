/** An error of the engine. As vLLM words it: `{"error": {"message", "type", "param", "code"}}` with the HTTP status as its code. */
import type { z } from "zod";

export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  /** What other dialects than vLLM's say besides. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    type: string,
    message: string,
    param: string | null = null,
    fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
    this.fields = fields;
  }

  body(): string {
    return JSON.stringify({ error: { message: this.message, type: this.type, param: this.param, code: this.status } });
  }
}

/** The type of an error about a body that does not fit its schema. */
export const invalidBody = "Bad Request";

/** vLLM's BadRequestError. */
export function badRequest(message: string, param: string | null = null): EngineError {
  return new EngineError(400, "BadRequestError", message, param);
}

/** @throws {EngineError} that lists what is wrong, in the manner of pydantic. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ code, path, message }) => ({
    type: code,
    loc: ["body", ...path],
    msg: message,
  }));
  throw new EngineError(400, invalidBody, JSON.stringify(problems));
}
