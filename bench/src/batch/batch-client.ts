/** Files and batches over HTTP, bytes streamed both ways. */
import { createLineScanner } from "@tera/batch";
import { z } from "zod";

const fileSchema = z.object({ id: z.string(), bytes: z.number() });
const batchSchema = z.object({
  id: z.string(),
  status: z.string(),
  output_file_id: z.string().nullable(),
  error_file_id: z.string().nullable(),
  request_counts: z.object({ total: z.number(), completed: z.number(), failed: z.number() }),
});
export type SeenBatch = z.infer<typeof batchSchema>;

export interface BatchClient {
  /** @param lines with their line breaks @returns the file's id */
  upload(lines: Iterable<string>): Promise<string>;
  create(fileId: string): Promise<string>;
  retrieve(batchId: string): Promise<SeenBatch>;
  /** Line by line; nothing is kept. */
  readLines(fileId: string, onLine: (text: string) => void): Promise<void>;
}

const piecesBytes = 64 * 1_024;
const limits = { lineMaxBytes: 1_024 * 1_024, linesMax: 100_000_000 };

/** @param baseUrl without `/v1` */
export function createBatchClient(baseUrl: string, apiKey: string): BatchClient {
  const authorization = `Bearer ${apiKey}`;

  async function ask(path: string, init: RequestInit & { duplex?: "half" } = {}): Promise<Response> {
    const response = await fetch(`${baseUrl}/v1${path}`, { ...init, headers: { authorization, ...init.headers } });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  }

  return {
    async upload(lines) {
      const boundary = "tera-bench-boundary";
      const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
      const body = ReadableStream.from(inPieces(asForm(boundary, lines)));
      return fileSchema.parse(await (await ask("/files", { method: "POST", headers, body, duplex: "half" })).json()).id;
    },
    async create(fileId) {
      const values = { input_file_id: fileId, endpoint: "/v1/chat/completions", completion_window: "24h" };
      const headers = { "content-type": "application/json" };
      const response = await ask("/batches", { method: "POST", headers, body: JSON.stringify(values) });
      return batchSchema.parse(await response.json()).id;
    },
    async retrieve(batchId) {
      return batchSchema.parse(await (await ask(`/batches/${batchId}`)).json());
    },
    async readLines(fileId, onLine) {
      const { body } = await ask(`/files/${fileId}/content`);
      if (body === null) throw new Error("a file has content");
      const scanner = createLineScanner(limits);
      for await (const piece of body) for (const { text } of scanner.push(piece)) onLine(text);
      for (const { text } of scanner.end()) onLine(text);
    },
  };
}

function* asForm(boundary: string, lines: Iterable<string>): Generator<string> {
  yield `--${boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n`;
  yield `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="lines.jsonl"\r\ncontent-type: application/jsonl\r\n\r\n`;
  yield* lines;
  yield `\r\n--${boundary}--\r\n`;
}

function* inPieces(texts: Iterable<string>): Generator<Buffer> {
  let piece = "";
  for (const text of texts) {
    piece += text;
    if (piece.length < piecesBytes) continue;
    yield Buffer.from(piece);
    piece = "";
  }
  yield Buffer.from(piece);
}

/** Asks for one answer of so many tokens each. */
export function* requestLines(model: string, count: number, tokens: number): Generator<string> {
  for (let index = 0; index < count; index++) {
    const messages = [{ role: "user", content: `Say ${index}.` }];
    const body = { model, messages, max_tokens: tokens };
    yield `${JSON.stringify({ custom_id: `line-${index}`, method: "POST", url: "/v1/chat/completions", body })}\n`;
  }
}
