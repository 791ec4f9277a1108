/** What faults do to the text of an answer. A piece holds whole events, as the engine writes them. */
import type { Fault } from "./fault.ts";

export type Piece = string | Uint8Array;

/** @returns what is written instead of a piece; undefined for faults that do more to an answer than write it in another way. */
export function rewriterOf(fault: Fault): ((piece: Piece) => Piece[]) | undefined {
  switch (fault.kind) {
    case "crlf-and-comments":
      return (piece) => [typeof piece === "string" ? withCrlfAndComments(piece) : piece];
    case "every-byte-apart":
      return (piece) => Array.from(Buffer.from(piece), (byte) => Uint8Array.of(byte));
    case "usage":
      return (piece) => [typeof piece === "string" ? withUsage(piece, fault) : piece];
    default:
      return undefined;
  }
}

/** The last event of the piece loses its second half. */
export function cutLastEvent(piece: Piece): Piece {
  const begin = typeof piece === "string" ? Math.max(0, piece.lastIndexOf("data: ")) : 0;
  const end = begin + Math.ceil((piece.length - begin) / 2);
  return typeof piece === "string" ? piece.slice(0, end) : piece.subarray(0, end);
}

/** An event stream that says the same in other lines. */
function withCrlfAndComments(piece: string): string {
  return piece.replaceAll(/^data: /gm, ": before\n\n: inside\ndata: ").replaceAll("\n", "\r\n");
}

/** Other numbers in every usage object, under OpenAI's names. */
function withUsage(piece: string, usage: { promptTokens: number; completionTokens: number }): string {
  return piece
    .replaceAll(/"prompt_tokens":\d+/g, `"prompt_tokens":${usage.promptTokens}`)
    .replaceAll(/"completion_tokens":\d+/g, `"completion_tokens":${usage.completionTokens}`)
    .replaceAll(/"total_tokens":\d+/g, `"total_tokens":${usage.promptTokens + usage.completionTokens}`);
}
