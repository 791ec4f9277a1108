/**
 * Relay: writes one answer to one client, bounded.
 *
 * Nothing is sent, no status either, until there is something to say: until then an error can still be a proper HTTP error, and another attempt
 * the same response. Before 15 s of silence have passed a stream begins all the same, with a comment, so that no proxy takes it for dead.
 */
import type { ServerResponse } from "node:http";
import type { Delta, TeraError, Usage } from "@tera/protocol";
import type { Renderer } from "../dialects/dialect.ts";
import type { AnswerSink } from "./exchange.ts";

/** Bytes that wait for a client that reads slowly, beyond what the operating system holds. */
const bufferMaxBytes = 256 * 1_024;
/** Below the promised 15 s by more than the sweep can be late. */
const silenceMaxMs = 14_000;

export interface RelayOptions {
  response: ServerResponse;
  createRenderer(): Renderer;
  /** Headers that every response carries. */
  headers: Record<string, string>;
  /** Nothing was sent yet: the error becomes an HTTP error. */
  onErrorBeforeFirstByte(error: TeraError): void;
}

export function createRelay({ response, createRenderer, headers, onErrorBeforeFirstByte }: RelayOptions): AnswerSink {
  let renderer = createRenderer();
  let lastWriteMs = Date.now();

  function begin(): void {
    if (response.headersSent) return;
    response.writeHead(200, {
      ...headers,
      "content-type": renderer.contentType,
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
  }

  /** Hot path. */
  function write(data: string | Buffer): void {
    if (data.length === 0) return;
    begin();
    response.write(data);
    lastWriteMs = Date.now();
  }

  return {
    deltas(deltas: readonly Delta[]) {
      write(renderer.deltas(deltas));
      if (response.writableLength <= bufferMaxBytes) return true;
      response.destroy();
      return false;
    },
    end(usage: Usage) {
      const last = renderer.end(usage);
      if (response.headersSent) {
        response.end(last);
        return;
      }
      // The whole answer at once: its length is known.
      response.writeHead(200, {
        ...headers,
        "content-type": renderer.contentType,
        "content-length": Buffer.byteLength(last),
      });
      response.end(last);
    },
    restart() {
      renderer = createRenderer();
    },
    error(error: TeraError) {
      if (!response.headersSent) return onErrorBeforeFirstByte(error);
      const last = renderer.error(error);
      // A format without words for an error must not look like a complete answer.
      if (last === undefined) response.destroy();
      else response.end(last);
    },
    keepAlive(nowMs: number) {
      if (renderer.keepAlive !== undefined && nowMs - lastWriteMs >= silenceMaxMs) write(renderer.keepAlive);
    },
  };
}
