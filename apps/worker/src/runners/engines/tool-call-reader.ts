/**
 * Reads the `tool_calls` of one choice, piece by piece, and makes of them what OpenAI's clients expect: numbered from 0, id and name once, in the first piece.
 *
 * Engines differ: TGI sends one call without a list and gives all of them the id "0", Ollama gives several calls the number 0 and their arguments
 * whole, others repeat id and name in every piece.
 */
import { randomBase62, type ToolCallDelta } from "@tera/protocol";
import { asCount, asObject, asString } from "./json-access.ts";

/** A shorter id is a number within its answer; clients need one that is unique in a conversation. */
const idLengthMin = 2;

export interface ToolCallReader {
  /** @param value `tool_calls` as it came. */
  read(value: unknown): ToolCallDelta[];
  /** At least one call was read. */
  readonly called: boolean;
}

interface KnownCall {
  index: number;
  /** As the engine gave it; "" when it gave none. */
  engineId: string;
}

export function createToolCallReader(): ToolCallReader {
  /** The engine's number of a call to the call that has it now. */
  const known = new Map<number, KnownCall>();
  let calls = 0;

  function readCall(value: unknown, position: number): ToolCallDelta | undefined {
    const source = asObject(value);
    if (source === undefined) return undefined;
    const target = asObject(source["function"]);
    const number = asCount(source["index"]) ?? position;
    const engineId = asString(source["id"]) ?? "";
    const name = asString(target?.["name"]) ?? "";
    const pieces = toText(target?.["arguments"]);
    const call = known.get(number);
    const isNew = call === undefined || (engineId !== "" && name !== "" && engineId !== call.engineId);
    if (!isNew) return pieces === "" ? undefined : { index: call.index, arguments: pieces };
    const begun = { index: calls++, engineId };
    known.set(number, begun);
    const id = engineId.length < idLengthMin ? `call_${randomBase62(24)}` : engineId;
    const first = { index: begun.index, id, arguments: pieces };
    return name === "" ? first : { ...first, name };
  }

  return {
    read(value) {
      const pieces: readonly unknown[] = Array.isArray(value) ? value : [value];
      return pieces.flatMap((piece, position) => readCall(piece, position) ?? []);
    },
    get called() {
      return calls > 0;
    },
  };
}

function toText(value: unknown): string {
  if (typeof value === "string") return value;
  return value == null ? "" : JSON.stringify(value);
}
