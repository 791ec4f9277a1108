/** Asks the public API, reads its answers by their schemas, and says in a sentence what is wrong when there is no such answer. Files are streamed both ways. */
import { createReadStream } from "node:fs";
import { randomBase62 } from "@tera/protocol";
import { z } from "zod";
import { describeNetworkFailure } from "../remote/network-failure.ts";
import { CliError } from "../terminal/cli-error.ts";
import { oneLine } from "../terminal/table.ts";
import { fileSchema } from "./batch-schema.ts";
import type { PublicApiAddress } from "./find-public-api.ts";

const defaultTimeoutMs = 30_000;
/** Of an answer that is no file. */
const answerMaxBytes = 16 * 1_024 * 1_024;
const asked = { name: "The API", server: "the gateway" };

const errorSchema = z.object({ error: z.object({ message: z.string(), code: z.string().nullish() }) });

/** There was no answer, or one that says to come again: the same question may do better later. */
export class UnavailableError extends CliError {}

export interface Question {
  method?: "GET" | "POST" | "DELETE";
  body?: object;
  timeoutMs?: number;
}

/** Paths are below `/v1`; their parts are encoded by the caller. All throw {CliError}. */
export interface PublicApi {
  ask<Schema extends z.ZodType>(schema: Schema, path: string, question?: Question): Promise<z.output<Schema>>;
  /**
   * A file for batches, in constant memory.
   * @param onSent bytes so far.
   */
  upload(path: string, filename: string, onSent: (bytes: number) => void): Promise<z.output<typeof fileSchema>>;
  /** The bytes of a file as they come. @throws {CliError} where it breaks off. */
  download(fileId: string): AsyncGenerator<Uint8Array>;
}

export function createPublicApi({ url, apiKey }: PublicApiAddress): PublicApi {
  const { host } = new URL(url);
  const authorization = `Bearer ${apiKey}`;

  async function exchange<Answer>(
    path: string,
    init: RequestInit,
    read: (answer: Response) => Promise<Answer>,
  ): Promise<Answer> {
    let answer: Response;
    let text: string;
    try {
      // The key is for this address only.
      answer = await fetch(`${url}${path}`, { redirect: "manual", ...init });
      if (answer.ok) return await read(answer);
      text = await readText(answer);
    } catch (error) {
      if (error instanceof CliError) throw error;
      const isChange = init.method !== undefined && init.method !== "GET";
      throw new UnavailableError(describeNetworkFailure(error, { url, isChange, asked }), { cause: error });
    }
    throw toFailure(answer.status, text);
  }

  function toFailure(status: number, text: string): CliError {
    const { data } = errorSchema.safeParse(parseJson(text));
    if (data === undefined) {
      const message = `What answers at ${url} is no API of Tera (HTTP ${status}): name the gateway's address, which ends with /v1.`;
      return status >= 500 ? new UnavailableError(message) : new CliError(message);
    }
    const message = `${host}: ${oneLine(data.error.message)}${status === 401 ? ` ${keyAdvice}` : ""}`;
    return status === 429 || status >= 500 ? new UnavailableError(message) : new CliError(message);
  }

  function parse<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
    const { data, error } = schema.safeParse(parseJson(text));
    if (error === undefined) return data;
    throw new CliError(
      `${host} answers otherwise than this version of the command expects (${error.issues[0]?.path.join(".")}): check that it is a gateway of Tera, of this version.`,
      { cause: error },
    );
  }

  return {
    async ask(schema, path, { method = "GET", body, timeoutMs = defaultTimeoutMs } = {}) {
      const init: RequestInit = {
        method,
        headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      };
      return parse(schema, await exchange(path, init, readText));
    },
    async upload(path, filename, onSent) {
      const boundary = `tera-${randomBase62(32)}`;
      const init = {
        method: "POST",
        headers: { authorization, "content-type": `multipart/form-data; boundary=${boundary}` },
        body: multipart({ path, filename, boundary, onSent }),
        // What `fetch` asks for where a body is a stream.
        duplex: "half",
      } satisfies RequestInit & { duplex: "half" };
      return parse(fileSchema, await exchange("/files", init, readText));
    },
    async *download(fileId) {
      const init = { headers: { authorization } };
      const { body } = await exchange(`/files/${encodeURIComponent(fileId)}/content`, init, async (answer) => answer);
      try {
        yield* body ?? [];
      } catch (error) {
        throw new CliError(describeNetworkFailure(error, { url, isChange: false, asked }), { cause: error });
      }
    },
  };
}

const keyAdvice = "Check TERA_API_KEY: `tera keys create` makes a key.";

/** Two fields: `purpose`, and `file`. */
async function* multipart({
  path,
  filename,
  boundary,
  onSent,
}: {
  path: string;
  filename: string;
  boundary: string;
  onSent(bytes: number): void;
}): AsyncGenerator<Uint8Array> {
  // As browsers write names into this header.
  const name = filename.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const disposition = "Content-Disposition: form-data; name=";
  yield Buffer.from(
    `--${boundary}\r\n${disposition}"purpose"\r\n\r\nbatch\r\n` +
      `--${boundary}\r\n${disposition}"file"; filename="${name}"\r\nContent-Type: application/jsonl\r\n\r\n`,
  );
  let sent = 0;
  for await (const piece of createReadStream(path)) {
    yield piece;
    sent += piece.length;
    onSent(sent);
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

async function readText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerMaxBytes) return "";
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
