/** The Admin API from the browser: every answer is parsed by its schema, every failure is an `ApiError`. */

import { type AdminErrorCode, adminErrorSchema } from "@tera/admin-api/errors";
import { z } from "zod";

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: AdminErrorCode;
  readonly fields: readonly { path: string; message: string }[];

  constructor(code: AdminErrorCode, message: string, fields: readonly { path: string; message: string }[] = []) {
    super(message);
    this.code = code;
    this.fields = fields;
  }
}

export type QueryValues = Readonly<Record<string, string | number | boolean | undefined | null>>;

export interface CallOptions {
  method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  query?: QueryValues;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/**
 * @param path below `/admin/api`: `/accounts`
 * @throws {ApiError} what the server refused, or that it does not answer
 */
export async function call<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  { method = "GET", query = {}, body, headers = {}, signal }: CallOptions = {},
): Promise<z.infer<Schema>> {
  const answer = await send(apiUrl(path, query), {
    method,
    headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  });
  if (answer.status === 204) return schema.parse(undefined);
  return readAnswer(schema, answer.status, await answer.json().catch(() => undefined));
}

/** `fetch`, in words of ours where nobody answers. @throws {ApiError} that the server does not answer @throws {DOMException} what `signal` aborts */
export function send(address: string, request: RequestInit): Promise<Response> {
  return fetch(address, request).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw noAnswer();
  });
}

/** @throws {ApiError} what the server refused */
export function readAnswer<Schema extends z.ZodType>(
  schema: Schema,
  status: number,
  content: unknown,
): z.infer<Schema> {
  if (status >= 200 && status < 300) return schema.parse(content);
  const failure = adminErrorSchema.safeParse(content);
  if (!failure.success) throw new ApiError("internal_error", `The dashboard answered with status ${status}.`);
  const { code, message, fields } = failure.data.error;
  throw new ApiError(code, message, fields);
}

export function noAnswer(): ApiError {
  return new ApiError("unavailable", "The dashboard does not answer. Is it running?");
}

/** For answers without a body. */
export const nothing = z.undefined();

/** The address of an endpoint; values that are empty are left out. */
export function apiUrl(path: string, query: QueryValues = {}): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") words.set(name, String(value));
  }
  return `/admin/api${path}${words.size === 0 ? "" : `?${words}`}`;
}
