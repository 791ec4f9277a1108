/**
 * The text of one choice as its engine streams it, taken apart: raw reasoning tags and raw tool calls that the engine left in it, and stop strings
 * that it did not take out.
 *
 * Hot path: what can turn up no more is not looked for any more. Text of an engine that parses for itself passes through after its first piece.
 */
import { createReasoningSplitter, type Delta, type ReasoningSplitter, type Tool } from "@tera/protocol";
import { createStopSequences } from "../text/stop-sequences.ts";
import { createToolCallParser, type ToolCallParser, type ToolCallPiece } from "../text/tool-call-parser.ts";

export interface AnswerText {
  /** Adds to `delta` what the next piece of text makes certain. */
  push(text: string, delta: Delta): void;
  /** No more calls are looked for; what was held back is content. */
  stopParsing(delta: Delta): void;
  /** Adds what was held back. @param cut the text did not end by itself. */
  end(cut: boolean, delta: Delta): void;
  /** The piece just pushed was reasoning. */
  readonly inReasoning: boolean;
  readonly calledTools: boolean;
}

export interface AnswerTextOptions {
  /** False for completions: their tags are text. */
  splitsReasoning: boolean;
  /** That may be called; none: nothing is looked for. */
  tools?: readonly Tool[] | undefined;
  startsInReasoning?: boolean | undefined;
  /** Stop strings that the engine leaves at the end of its text. */
  stop?: readonly string[] | undefined;
}

export function createAnswerText(options: AnswerTextOptions): AnswerText {
  const { splitsReasoning, tools, startsInReasoning = false, stop } = options;
  let splitter: ReasoningSplitter | undefined = splitsReasoning
    ? createReasoningSplitter({ startsInside: startsInReasoning })
    : undefined;
  const stops = stop?.length ? createStopSequences(stop) : undefined;
  let parser: ToolCallParser | undefined = tools?.length ? createToolCallParser({ tools }) : undefined;
  let calledTools = false;

  function addContent(content: string, delta: Delta): void {
    if (content === "") return;
    if (parser === undefined) addText(content, delta);
    else addPiece(parser.push(content), delta);
  }

  function addText(text: string, delta: Delta): void {
    const shown = stops === undefined ? text : stops.push(text);
    if (shown !== "") delta.content = (delta.content ?? "") + shown;
  }

  function addPiece({ content, toolCalls }: ToolCallPiece, delta: Delta): void {
    if (content !== "") addText(content, delta);
    if (toolCalls.length === 0) return;
    delta.toolCalls = delta.toolCalls === undefined ? toolCalls : [...delta.toolCalls, ...toolCalls];
    calledTools = true;
  }

  function addReasoning(reasoning: string, delta: Delta): void {
    if (reasoning !== "") delta.reasoning = (delta.reasoning ?? "") + reasoning;
  }

  return {
    push(text, delta) {
      if (splitter === undefined) return addContent(text, delta);
      const { reasoning, content } = splitter.push(text);
      addReasoning(reasoning, delta);
      addContent(content, delta);
      // The splitter gives content only when no block can come any more.
      if (content !== "") splitter = undefined;
    },
    stopParsing(delta) {
      if (parser !== undefined) addPiece(parser.end(), delta);
      parser = undefined;
    },
    end(cut, delta) {
      if (splitter !== undefined) {
        const { reasoning, content } = splitter.end();
        addReasoning(reasoning, delta);
        addContent(content, delta);
      }
      if (parser !== undefined) addPiece(parser.end(cut), delta);
      const held = stops?.end() ?? "";
      if (held !== "") delta.content = (delta.content ?? "") + held;
    },
    get inReasoning() {
      return splitter?.inReasoning ?? false;
    },
    get calledTools() {
      return calledTools;
    },
  };
}
