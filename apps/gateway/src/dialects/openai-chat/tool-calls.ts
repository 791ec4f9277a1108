/** Tool calls in OpenAI's words: as chunks of a stream, and joined. */
import type { ToolCallDelta } from "@tera/protocol";

export function toToolCallChunks(calls: readonly ToolCallDelta[]) {
  return calls.map((call) => ({
    index: call.index,
    id: call.id,
    // OpenAI names the type with the id, in the first piece only.
    type: call.id === undefined ? undefined : "function",
    function: { name: call.name, arguments: call.arguments ?? (call.name === undefined ? undefined : "") },
  }));
}

export interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** Adds the pieces to the calls that they belong to. */
export function joinToolCalls(calls: ToolCall[], pieces: readonly ToolCallDelta[]): void {
  for (const piece of pieces) {
    let call = calls[piece.index];
    if (call === undefined) {
      call = { id: "", type: "function", function: { name: "", arguments: "" } };
      calls[piece.index] = call;
    }
    call.id += piece.id ?? "";
    call.function.name += piece.name ?? "";
    call.function.arguments += piece.arguments ?? "";
  }
}
