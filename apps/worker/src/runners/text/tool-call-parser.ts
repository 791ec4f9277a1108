/**
 * Finds tool calls in generated text, wherever chunk borders fall: `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`, as Hermes and Qwen
 * models write them, and `<tool_call><function=name><parameter=key>value</parameter></function></tool_call>`, as Qwen3-Coder does.
 *
 * text -> head (behind an opening tag) -> arguments -> tail (behind the arguments) -> text, or
 * text -> head -> parameters (behind `<function=name>`) -> close (behind `</function>`) -> text.
 *
 * A call's id and name are given as soon as its arguments begin, JSON arguments as they come, parameters one by one. A JSON call with its keys in
 * another order is given whole, at its closing tag. What turns out to be no call is content again, tags included: nothing is lost but the
 * white space around calls.
 */
import { randomBase62, type Tool, type ToolCallDelta } from "@tera/protocol";
import { createJsonObjectScanner, type JsonObjectScanner } from "./json-object-scanner.ts";
import { parameterSchema, toJsonText } from "./xml-parameter.ts";

export const toolCallOpening = "<tool_call>";
export const toolCallClosing = "</tool_call>";

export interface ToolCallPiece {
  content: string;
  toolCalls: ToolCallDelta[];
}

export interface ToolCallParser {
  push(text: string): ToolCallPiece;
  /**
   * What was held back; an unfinished call stays as far as it was given. A call of which nothing was given is content, for the model meant it so;
   * unless the text was cut (`length`): then it is the beginning of a call, and nothing that a reader should see.
   */
  end(cut?: boolean): ToolCallPiece;
  /** Calls whose closing tag has been read. */
  readonly completedCalls: number;
  /** Calls of which anything was given. */
  readonly calls: number;
  /** True between an opening and a closing tag. */
  readonly inCall: boolean;
  /** True right after an opening tag, before anything of the call. */
  readonly atOpening: boolean;
}

/** Bounded white space and a plain name: the head can neither grow without end nor contain a closing tag. */
const headPattern =
  /^\s{0,16}\{\s{0,16}"name"\s{0,16}:\s{0,16}"([\w.-]{1,128})"\s{0,16},\s{0,16}"arguments"\s{0,16}:\s{0,16}(?=\{)/;

const functionPattern = /^\s{0,16}<function=([\w.-]{1,128})>/;
const functionClosing = "</function>";
const parameterPattern = /^<parameter=([^<>\n]{1,256})>/;
const parameterOpening = "<parameter=";
const parameterClosing = "</parameter>";
/** Longer than any that the pattern takes: then it is none. */
const parameterHeadMax = parameterOpening.length + 258;

export interface ToolCallParserOptions {
  /** Their schemas say what type a parameter's text stands for; without them it is a string. */
  tools?: readonly Tool[];
  newId?: () => string;
}

export function createToolCallParser(options: ToolCallParserOptions = {}): ToolCallParser {
  const { tools = [], newId = () => `call_${randomBase62(24)}` } = options;
  let state: "text" | "head" | "arguments" | "tail" | "parameters" | "close" = "text";
  let held = "";
  /** White space in front of the call being read: given back should it be no call. */
  let gap = "";
  let afterCall = false;
  let scanner: JsonObjectScanner | undefined;
  let tool: Tool | undefined;
  let parameters = 0;
  let calls = 0;
  let completedCalls = 0;

  /** Each step takes from `held` what it can; false when it needs more text. */
  function step(piece: ToolCallPiece): boolean {
    switch (state) {
      case "text":
        return readText(piece);
      case "head":
        return readHead(piece);
      case "arguments":
        return readArguments(piece);
      case "tail":
        return readTail();
      case "parameters":
        return readParameter(piece);
      case "close":
        return readClose();
    }
  }

  function readText(piece: ToolCallPiece): boolean {
    if (afterCall) {
      held = held.trimStart();
      if (held !== "" && !toolCallOpening.startsWith(held.slice(0, toolCallOpening.length))) afterCall = false;
    }
    const at = held.indexOf(toolCallOpening);
    if (at >= 0) {
      const before = held.slice(0, at);
      const text = before.trimEnd();
      piece.content += text;
      gap = before.slice(text.length);
      held = held.slice(at + toolCallOpening.length);
      state = "head";
      return true;
    }
    const keep = trailingSpaceAndTag(held);
    piece.content += held.slice(0, held.length - keep);
    held = held.slice(held.length - keep);
    return false;
  }

  function readHead(piece: ToolCallPiece): boolean {
    const head = headPattern.exec(held);
    if (head?.[1] !== undefined) {
      held = held.slice(head[0].length);
      scanner = createJsonObjectScanner();
      piece.toolCalls.push({ index: calls, id: newId(), name: head[1] });
      calls++;
      state = "arguments";
      return true;
    }
    const named = functionPattern.exec(held);
    if (named?.[1] !== undefined) {
      const name = named[1];
      held = held.slice(named[0].length);
      tool = tools.find((candidate) => candidate.function.name === name);
      parameters = 0;
      piece.toolCalls.push({ index: calls, id: newId(), name });
      calls++;
      state = "parameters";
      return true;
    }
    const end = held.indexOf(toolCallClosing);
    if (end < 0) return false;
    const body = held.slice(0, end);
    held = held.slice(end + toolCallClosing.length);
    state = "text";
    if (giveWhole(body, piece)) {
      completedCalls++;
      afterCall = true;
    } else {
      piece.content += gap + toolCallOpening + body + toolCallClosing;
      afterCall = false;
    }
    return true;
  }

  function giveWhole(body: string, piece: ToolCallPiece): boolean {
    const call = parseCall(body);
    if (call === undefined) return false;
    piece.toolCalls.push({ index: calls, id: newId(), ...call });
    calls++;
    return true;
  }

  function readArguments(piece: ToolCallPiece): boolean {
    if (scanner === undefined || held === "") return false;
    const length = scanner.push(held);
    if (length > 0) {
      give(held.slice(0, length), piece);
      held = held.slice(length);
    }
    if (scanner.state === "reading") return false;
    state = scanner.state === "complete" ? "tail" : "text";
    afterCall = false;
    return true;
  }

  /** Adds to the arguments of the call being read. */
  function give(text: string, piece: ToolCallPiece): void {
    const last = piece.toolCalls.at(-1);
    if (last?.index === calls - 1) last.arguments = (last.arguments ?? "") + text;
    else piece.toolCalls.push({ index: calls - 1, arguments: text });
  }

  function readParameter(piece: ToolCallPiece): boolean {
    held = held.trimStart();
    const opened = parameterPattern.exec(held);
    if (opened?.[1] !== undefined) {
      const end = held.indexOf(parameterClosing, opened[0].length);
      if (end < 0) return false;
      const key = opened[1].trim();
      const value = toJsonText(held.slice(opened[0].length, end), parameterSchema(tool, key));
      give(`${parameters++ === 0 ? "{" : ", "}${JSON.stringify(key)}: ${value}`, piece);
      held = held.slice(end + parameterClosing.length);
      return true;
    }
    if (mayBecome(held, parameterOpening) && held.length < parameterHeadMax) return false;
    if (held.startsWith(functionClosing)) held = held.slice(functionClosing.length);
    else if (functionClosing.startsWith(held)) return false;
    // Whatever else stands there, the call is over, and its arguments are whole.
    give(parameters === 0 ? "{}" : "}", piece);
    state = "close";
    return true;
  }

  function readClose(): boolean {
    const rest = held.trimStart();
    if (toolCallClosing.startsWith(rest) && rest !== toolCallClosing) return false;
    const closed = rest.startsWith(toolCallClosing);
    if (closed) {
      held = rest.slice(toolCallClosing.length);
      completedCalls++;
    }
    afterCall = closed;
    state = "text";
    return true;
  }

  function readTail(): boolean {
    const brace = held.trimStart();
    if (brace === "") return false;
    const tag = brace.slice(1).trimStart();
    if (brace.startsWith("}") && toolCallClosing.startsWith(tag)) {
      if (tag !== toolCallClosing) return false;
    }
    const closed = brace.startsWith("}") && tag.startsWith(toolCallClosing);
    if (closed) {
      held = tag.slice(toolCallClosing.length);
      completedCalls++;
    }
    afterCall = closed;
    state = "text";
    return true;
  }

  function push(text: string): ToolCallPiece {
    const piece: ToolCallPiece = { content: "", toolCalls: [] };
    held += text;
    while (step(piece));
    return piece;
  }

  return {
    push,
    end(cut = false) {
      const piece: ToolCallPiece = { content: "", toolCalls: [] };
      if (state === "head") {
        if (!giveWhole(held, piece) && !cut) piece.content = gap + toolCallOpening + held;
      } else if (state === "parameters" && !cut) {
        give(parameters === 0 ? "{}" : "}", piece);
      } else if (state === "text" && !(afterCall && held.trim() === "")) {
        piece.content = held;
      }
      held = "";
      state = "text";
      return piece;
    },
    get completedCalls() {
      return completedCalls;
    },
    get calls() {
      return calls;
    },
    get inCall() {
      return state !== "text";
    },
    get atOpening() {
      return state === "head" && held === "";
    },
  };
}

function parseCall(body: string): { name: string; arguments: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Not JSON: then it is no call, and the caller makes content of it.
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("name" in value) || typeof value.name !== "string")
    return undefined;
  const given: unknown = "arguments" in value ? value.arguments : {};
  if (typeof given === "string") return { name: value.name, arguments: given };
  if (typeof given !== "object" || given === null || Array.isArray(given)) return undefined;
  return { name: value.name, arguments: JSON.stringify(given) };
}

/** True while the text is a start of the tag, or begins with it. */
function mayBecome(text: string, tag: string): boolean {
  return text.startsWith(tag) || tag.startsWith(text);
}

/** How many last characters must wait: the longest start of an opening tag that ends the text, and the white space before it. */
function trailingSpaceAndTag(text: string): number {
  let tag = Math.min(toolCallOpening.length - 1, text.length);
  while (tag > 0 && !text.endsWith(toolCallOpening.slice(0, tag))) tag--;
  const before = text.slice(0, text.length - tag);
  return tag + before.length - before.trimEnd().length;
}
