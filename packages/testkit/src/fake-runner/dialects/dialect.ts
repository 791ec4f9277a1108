/**
 * `Dialect`: how one engine speaks, apart from what it generates. Texts, timing and counts come from the same fake engine for all of them.
 *
 * Each dialect has a file that says what differs and where that is written down. vLLM's is the default, and the only one on benchmarks' hot path.
 */
import type { ServerContext } from "../context.ts";
import type { EngineError } from "../engine-error.ts";
import type { Reply } from "../reply.ts";
import type { LoggedRequest } from "../request-log.ts";

/** A whole answer that is no generation. */
export interface Page {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** @returns a function that stops it. @throws {EngineError} before anything was written. */
export type GenerationHandler = (
  context: ServerContext,
  json: unknown,
  reply: Reply,
  logged: LoggedRequest,
) => () => void;

export type PageMaker = (context: ServerContext) => Page;
/** @throws {EngineError} */
export type QuestionMaker = (context: ServerContext, json: unknown) => Page;

export interface Dialect {
  /** What is read with GET, by path. */
  readonly pages: ReadonlyMap<string, PageMaker>;
  /** What is asked with POST and answered at once. */
  readonly questions?: ReadonlyMap<string, QuestionMaker>;
  readonly generation: ReadonlyMap<string, GenerationHandler>;
  /** For a path that it has not, or not for this method. */
  noPage(method: string, path: string): Page;
  renderError(error: EngineError): Page;
  /** What a request without the right key gets, where one is set. Undefined: the path is open to everybody. */
  refuseKey(path: string, authorization: string | undefined): Page | undefined;
  /** What every request gets while the engine loads, or a generation while it has too much to do; undefined: nothing special. */
  unavailable?(condition: "loading" | "overloaded", method: string, path: string): Page | undefined;
}

export function jsonPage(
  value: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Page {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) };
}

export function textPage(body: string, { status = 200, type = "text/plain; charset=utf-8" } = {}): Page {
  return { status, headers: { "content-type": type }, body };
}
