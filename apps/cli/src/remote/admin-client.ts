/** Asks an Admin API, reads its answers by their schemas, and says in a sentence what is wrong when there is no such answer. */
import { type AdminErrorCode, adminErrorSchema } from "@tera/admin-api/errors";
import { pageSizeMax } from "@tera/admin-api/page";
import type { z } from "zod";
import { CliError } from "../terminal/cli-error.ts";
import { oneLine } from "../terminal/table.ts";
import type { RemoteConfig } from "./config.ts";
import { describeNetworkFailure } from "./network-failure.ts";

const timeoutMs = 30_000;
/** Of an answer: thousands of what a list has. */
const answerMaxBytes = 16 * 1_024 * 1_024;
const fileMaxBytes = 256 * 1_024 * 1_024;

/** What the Admin API refused. */
export class RemoteError extends CliError {
  readonly code: AdminErrorCode;

  constructor(code: AdminErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type RemoteQuery = Readonly<Record<string, string | number | undefined>>;
export type ChangeMethod = "POST" | "PATCH" | "PUT" | "DELETE";

/** Paths are below `/admin/api`; their parts are encoded by the caller. All throw {CliError}. */
export interface AdminClient {
  /** @param timeoutMs where it takes longer than a look-up. */
  get<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    query?: RemoteQuery,
    timeoutMs?: number,
  ): Promise<z.output<Schema>>;
  /** Lines of a file of any length, each as it comes. @throws {CliError} where it breaks off. */
  readLines(path: string, query: RemoteQuery): AsyncGenerator<string>;
  /** A file. @param timeoutMs until all of it is here. */
  download(path: string, timeoutMs: number): Promise<Uint8Array>;
  /** @returns undefined: there is no such thing. */
  find<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema> | undefined>;
  /** Page after page, `limit` items at most. */
  list<Item extends z.ZodType>(
    schema: z.ZodType<{ items: z.output<Item>[]; total: number }>,
    path: string,
    query: RemoteQuery,
    limit: number,
  ): Promise<z.output<Item>[]>;
  /** From the newest end, part after part, `limit` items at most. */
  listOn<Item extends z.ZodType>(
    schema: z.ZodType<{ items: z.output<Item>[]; next: string | null }>,
    path: string,
    query: RemoteQuery,
    limit: number,
  ): Promise<z.output<Item>[]>;
  send<Schema extends z.ZodType>(
    method: ChangeMethod,
    schema: Schema,
    path: string,
    body?: object,
  ): Promise<z.output<Schema>>;
}

interface Question {
  method?: "GET" | ChangeMethod;
  path: string;
  body?: object | undefined;
  timeoutMs?: number | undefined;
  /** Instead of a time. */
  signal?: AbortSignal | undefined;
}

export function createAdminClient({ url, token }: RemoteConfig): AdminClient {
  const { host } = new URL(url);

  /** @param read of an answer that is none of a refusal. */
  async function exchange<Answer>(
    { method = "GET", path, body, timeoutMs: patienceMs = timeoutMs, signal }: Question,
    read: (answer: Response) => Promise<Answer>,
  ): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    let answer: Response;
    let text: string | undefined;
    try {
      answer = await fetch(new URL(`admin/api${path}`, url), {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        // The token is for this address only.
        redirect: "manual",
        signal: signal ?? AbortSignal.timeout(patienceMs),
      });
      if (answer.ok) return await read(answer);
      text = await readText(answer);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(describeNetworkFailure(error, { url, isChange: method !== "GET" }), { cause: error });
    }
    throw toFailure(answer, parseJson(text));
  }

  async function ask(question: Question): Promise<unknown> {
    return exchange(question, async (answer) => {
      const json = parseJson(await readText(answer));
      if (json === undefined) throw toFailure(answer, json);
      return json;
    });
  }

  function toFailure(answer: Response, json: unknown): CliError {
    const { status } = answer;
    const { data } = adminErrorSchema.safeParse(json);
    if (data === undefined) {
      const location = answer.headers.get("location");
      const found = location === null ? `HTTP ${status}` : `HTTP ${status}, which points to ${oneLine(location)}`;
      return new CliError(
        `What answers at ${url} is no Admin API of Tera (${found}): name the address at which browsers open the dashboard.`,
      );
    }
    const { code } = data.error;
    const message = oneLine(data.error.message);
    return new RemoteError(code, `${host}: ${message}${advice[code] ?? ""}`);
  }

  function parseAnswer<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
    const { data, error } = schema.safeParse(json);
    if (error === undefined) return data;
    throw new CliError(
      `${host} answers otherwise than this version of the command expects (${error.issues[0]?.path.join(".")}): use a tera of its version.`,
      { cause: error },
    );
  }

  async function get<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    query: RemoteQuery = {},
    timeoutMs?: number,
  ) {
    return parseAnswer(schema, await ask({ path: withQuery(path, query), timeoutMs }));
  }

  return {
    get,
    async *readLines(path, query) {
      // The reader may be slow, and the file long.
      const ending = new AbortController();
      const timer = setTimeout(() => ending.abort(new DOMException("", "TimeoutError")), timeoutMs);
      try {
        const answer = await exchange(
          { path: withQuery(path, query), signal: ending.signal },
          async (opened) => opened,
        );
        clearTimeout(timer);
        yield* splitLines(answer);
      } catch (error) {
        if (error instanceof CliError) throw error;
        throw new CliError(describeNetworkFailure(error, { url, isChange: false }), { cause: error });
      } finally {
        clearTimeout(timer);
        ending.abort();
      }
    },
    download: (path, patienceMs) => exchange({ path, timeoutMs: patienceMs }, readBytes),
    async find(schema, path) {
      try {
        return await get(schema, path);
      } catch (error) {
        if (error instanceof RemoteError && error.code === "not_found") return undefined;
        throw error;
      }
    },
    async list(schema, path, query, limit) {
      const pageSize = Math.min(limit, pageSizeMax);
      const found: Awaited<ReturnType<typeof get<typeof schema>>>["items"] = [];
      for (let page = 1; ; page++) {
        const { items, total } = await get(schema, path, { ...query, page, pageSize });
        found.push(...items);
        if (items.length === 0 || found.length >= Math.min(total, limit)) return found.slice(0, limit);
      }
    },
    async listOn(schema, path, query, limit) {
      const found: Awaited<ReturnType<typeof get<typeof schema>>>["items"] = [];
      let before = query["before"];
      for (;;) {
        const pageSize = Math.min(limit - found.length, pageSizeMax);
        const { items, next } = await get(schema, path, { ...query, before, pageSize });
        found.push(...items);
        if (next === null || found.length >= limit) return found;
        before = next;
      }
    },
    async send(method, schema, path, body) {
      return parseAnswer(schema, await ask({ method, path, body }));
    },
  };
}

/** What to do about it, where the message of the API does not say it. */
const advice: Partial<Record<AdminErrorCode, string>> = {
  unauthenticated:
    " It does not take the token in TERA_ADMIN_TOKEN: it is mistyped, was revoked, or has expired. `tera admin token` makes another.",
  forbidden: " Use a token of a role that may.",
};

function withQuery(path: string, query: RemoteQuery): string {
  const named = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return named.length === 0 ? path : `${path}?${new URLSearchParams(named)}`;
}

async function readBytes({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > fileMaxBytes) throw new CliError("The file is larger than is read here: load it from the dashboard.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* splitLines({ body }: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > answerMaxBytes) throw new CliError("A line of the answer has no end.");
    yield* lines;
  }
  if (rest !== "") yield rest;
}

async function readText({ body }: Response): Promise<string | undefined> {
  if (body === null) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > answerMaxBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
