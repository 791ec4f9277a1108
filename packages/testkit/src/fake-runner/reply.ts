/**
 * The one place through which every response of the fake runner passes: its head, each of its pieces, its end, and the news that the
 * client has left. Faults on command (see faults/fault.ts) stand in front of it or instead of it, and nowhere else.
 */
import type { ServerResponse } from "node:http";

export interface Reply {
  /** Sends the head of a streamed response at once. */
  open(status: number, headers: Record<string, string>): void;
  /** Hot path: a piece of the body. */
  write(piece: string | Uint8Array): void;
  end(piece?: string | Uint8Array): void;
  /** A whole response with a known length. */
  send(status: number, headers: Record<string, string>, body: string | Uint8Array): void;
  /** The client reads more slowly than the engine generates. */
  readonly blocked: boolean;
  /** Called once, when it is blocked no longer. */
  onDrain(listener: () => void): void;
  /** Breaks the connection; what was written before has left. */
  reset(): void;
  /** Nothing more can be written. */
  readonly ended: boolean;
}

export interface ReplyOptions {
  /** See `bytesPerWrite` in the settings. */
  bytesPerWrite(): number;
  /** The connection closed before the response was complete. */
  onAbort(): void;
}

export function createReply(response: ServerResponse, options: ReplyOptions): Reply {
  response.once("close", () => {
    if (!response.writableFinished) options.onAbort();
  });

  function write(piece: string | Uint8Array): void {
    const size = options.bytesPerWrite();
    if (size === 0) {
      response.write(piece);
      return;
    }
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
  }

  return {
    open(status, headers) {
      response.writeHead(status, headers);
      response.flushHeaders();
    },
    write,
    end(piece) {
      if (piece !== undefined && piece.length > 0) write(piece);
      response.end();
    },
    send(status, headers, body) {
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
      response.end(body);
    },
    get blocked() {
      return response.writableNeedDrain;
    },
    onDrain(listener) {
      response.once("drain", listener);
    },
    reset() {
      // Node writes what was written in this turn at its end.
      setImmediate(() => response.socket?.resetAndDestroy());
    },
    get ended() {
      return response.writableEnded;
    },
  };
}
