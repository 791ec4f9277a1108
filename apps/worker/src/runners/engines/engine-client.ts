/**
 * Asks an engine's small pages (models, health, properties): bounded in time and size, and never taken at its word.
 *
 * Generations do not pass here; see http/http-runner.ts.
 */
import type { Dispatcher } from "undici";

/** Something answers, but not as an engine that can work. The message is for the operator. */
export class EngineIllError extends Error {
  override readonly name = "EngineIllError";
  /** It says that it is still starting (503). */
  readonly isStarting: boolean;

  constructor(message: string, isStarting = false) {
    super(message);
    this.isStarting = isStarting;
  }
}

/** For a page whose status is not 200. @returns what it means, in words for the operator. */
export function illStatus(path: string, status: number): EngineIllError {
  const why =
    status === 401 || status === 403 ? ": the engine wants a key, or another (apiKey in the worker's file)" : "";
  return new EngineIllError(`${path} answered ${status}${why}`, status === 503);
}

export interface EnginePage {
  status: number;
  /** Undefined when the body is no JSON. */
  json: unknown;
}

export interface EngineClient {
  /**
   * GET, or POST with a JSON body.
   * @param path from the engine's root: `/v1/models`, `/health`.
   * @throws {EngineIllError} when it answers more than any such page has.
   * @throws {Error} when the engine cannot be reached or is too slow.
   */
  ask(path: string, body?: object): Promise<EnginePage>;
  /** The JSON of a page that must be there. @throws {EngineIllError} also for any status but 200. */
  read(path: string, body?: object): Promise<unknown>;
  /** A page that is no JSON. @throws as `ask` does. */
  readText(path: string): Promise<TextPage>;
}

export interface TextPage {
  status: number;
  text: string;
  /** Its header `Process-Start-Time-Unix`. */
  startedAt: string | undefined;
}

export interface EngineClientOptions {
  address: EngineAddress;
  apiKey?: string | undefined;
  dispatcher: Dispatcher;
  signal: AbortSignal;
  /** For the whole of one answer. */
  timeoutMs: number;
}

/** Where an engine is: its origin, and what stands before `/v1` in its paths. */
export interface EngineAddress {
  origin: string;
  /** Without a slash at its end; mostly "". */
  pathPrefix: string;
}

/** @param baseUrl with or without `/v1`, which is how people copy it from their engine's start-up message. */
export function toEngineAddress(baseUrl: string): EngineAddress {
  const url = new URL(baseUrl);
  return { origin: url.origin, pathPrefix: url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "") };
}

/** A listing of a thousand models is far below. */
const pageBytesMax = 4 * 1024 * 1024;

export function createEngineClient({
  address,
  apiKey,
  dispatcher,
  signal,
  timeoutMs,
}: EngineClientOptions): EngineClient {
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };

  async function fetchPage(path: string, body?: object): Promise<TextPage> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await dispatcher.request({
      origin: address.origin,
      method: body === undefined ? "GET" : "POST",
      path: address.pathPrefix + path,
      headers: body === undefined ? authorization : { ...authorization, "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any([signal, timeout]),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response.body) {
      if (!Buffer.isBuffer(chunk)) continue;
      bytes += chunk.length;
      if (bytes > pageBytesMax) throw new EngineIllError(`${path} answers more than ${pageBytesMax} bytes`);
      chunks.push(chunk);
    }
    return {
      status: response.statusCode,
      text: Buffer.concat(chunks).toString(),
      startedAt: [response.headers["process-start-time-unix"]].flat()[0],
    };
  }

  async function ask(path: string, body?: object): Promise<EnginePage> {
    const { status, text } = await fetchPage(path, body);
    return { status, json: parseJson(text) };
  }

  return {
    ask,
    readText: (path) => fetchPage(path),
    async read(path, body) {
      const { status, json } = await ask(path, body);
      if (status !== 200) throw illStatus(path, status);
      if (json === undefined) throw new EngineIllError(`${path} answered no JSON`);
      return json;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
