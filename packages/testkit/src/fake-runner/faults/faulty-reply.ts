/** Faults that strike while the answer is written: a reply that passes on what it is given, until the fault's moment comes. */
import type { Reply } from "../reply.ts";
import type { Fault } from "./fault.ts";
import { cutLastEvent, type Piece, rewriterOf } from "./rewrite.ts";

export interface FaultyReplyOptions {
  fault: Fault;
  /** False when it was healed before its moment came. */
  active(): boolean;
  /** Tokens generated for this request, with those of the piece that is being written. */
  tokens(): number;
  /** Called once, when it strikes. */
  onStrike(): void;
  /** Kills the process. */
  exit(): void;
}

const longLineChunk = Buffer.alloc(256 * 1024, "x");

export function createFaultyReply(reply: Reply, options: FaultyReplyOptions): Reply {
  const { fault, active, tokens, onStrike, exit } = options;
  const rewrite = rewriterOf(fault);
  let struck = false;
  /** Nothing that the engine writes reaches the client any more. */
  let silent = false;
  /** The engine must wait. */
  let stalled = false;

  /** @returns true once: at the first piece after the fault's moment. */
  function strikesNow(): boolean {
    if (struck || !active() || ("afterTokens" in fault && tokens() <= fault.afterTokens)) return false;
    struck = true;
    onStrike();
    return true;
  }

  /** @param then what follows in an answer that this fault lets go on. */
  function pass(piece: Piece, then: () => void): void {
    if (silent) return;
    const strikes = strikesNow();
    if (rewrite !== undefined) {
      for (const part of rewrite(piece)) reply.write(part);
      then();
    } else if (strikes) {
      strike(piece, then);
    } else {
      if (piece.length > 0) reply.write(piece);
      then();
    }
  }

  function strike(piece: Piece, then: () => void): void {
    switch (fault.kind) {
      case "broken-json":
        reply.write(cutLastEvent(piece));
        reply.write("\n\n");
        return then();
      case "long-line":
        return writeLongLine(fault.bytes, () => {
          reply.write(piece);
          then();
        });
      case "half-event":
        silent = true;
        return reply.end(cutLastEvent(piece));
      case "hang-mid-stream":
        silent = true;
        stalled = true;
        return;
      case "exit":
        silent = true;
        // What was written in this turn leaves first.
        setImmediate(exit);
        return;
      default:
        silent = true;
        reply.reset();
    }
  }

  /** As fast as the client reads, so that the fake runner's memory stays small. */
  function writeLongLine(bytes: number, then: () => void): void {
    let left = bytes;
    stalled = true;
    reply.write('data: {"choices":[{"index":0,"delta":{"content":"');
    function pump(): void {
      while (left > 0 && !reply.blocked) {
        const size = Math.min(left, longLineChunk.length);
        reply.write(longLineChunk.subarray(0, size));
        left -= size;
      }
      if (left > 0) return reply.onDrain(pump);
      stalled = false;
      reply.write('"}}]}\n\n');
      then();
    }
    pump();
  }

  function open(status: number, headers: Record<string, string>): void {
    reply.open(status, headers);
    if (fault.kind !== "reset-after-headers") return;
    silent = true;
    onStrike();
    reply.reset();
  }

  return {
    open,
    write: (piece) => pass(piece, () => undefined),
    end: (piece = "") => pass(piece, () => reply.end()),
    send(status, headers, body) {
      open(status, headers);
      pass(body, () => reply.end());
    },
    reset: reply.reset,
    onDrain: reply.onDrain,
    get blocked() {
      return stalled || reply.blocked;
    },
    get ended() {
      return silent || reply.ended;
    },
  };
}
