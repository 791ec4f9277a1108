/** The body of an engine's answer: read as it comes, or whole and bounded; and what its transport's failures mean. */
import { TeraError } from "@tera/protocol";
import type { Dispatcher } from "undici";

type Body = Dispatcher.ResponseData["body"];

/** Resolves at the end of the body; rejects when it breaks off or when `onChunk` throws. */
export function consume(body: Body, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    body.on("data", (chunk: Buffer) => {
      try {
        onChunk(chunk);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        body.destroy();
      }
    });
    body.on("end", resolve);
    body.on("error", reject);
  });
}

/** The body as text, cut off at about `bytesMax`. */
export async function readStart(body: Body, bytesMax: number): Promise<{ text: string; isWhole: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    text += decoder.decode(chunk, { stream: true });
    bytes += chunk.length;
    if (bytes > bytesMax) return { text, isWhole: false };
  }
  return { text: text + decoder.decode(), isWhole: true };
}

/** Not wanted: the connection is closed rather than read to its end. */
export function discard(body: Body): void {
  body.on("error", () => undefined);
  body.destroy();
}

/** @returns `text/event-stream`, without parameters; "" when the engine does not say. */
export function mediaType({ headers }: Pick<Dispatcher.ResponseData, "headers">): string {
  const header = headers["content-type"];
  const value = Array.isArray(header) ? header[0] : header;
  return value?.split(";")[0]?.trim().toLowerCase() ?? "";
}

export function engineFailed(detail: string, cause?: unknown): TeraError {
  return new TeraError("runner_failed", "The model's engine failed. Try again.", { cause, detail });
}

/** A connection that was refused, reset or too slow. */
export function engineUnreachable(cause: unknown): TeraError {
  return engineFailed(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause), cause);
}
