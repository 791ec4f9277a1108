/**
 * Which grammar, if any, holds a chat answer to its response format and its tools.
 *
 * Thinking comes first where the model thinks: a grammar lets it through and binds what follows.
 */
import { type ChatGeneration, TeraError, type Tool } from "@tera/protocol";
import { toolCallClosing, toolCallOpening } from "../../text/tool-call-parser.ts";
import { createGrammarRules, type GrammarRules, literal, oneOf } from "./grammar-rules.ts";
import { addAnyJson } from "./json-grammar.ts";
import { addJsonSchema } from "./json-schema-grammar.ts";

export interface ChatGrammar {
  /** GBNF that binds the answer from its first token; absent: it is free. */
  answer?: string;
  /** GBNF of what follows an opening tool call tag, for answers that are free to call or not. */
  toolCall?: string;
}

export interface ChatGrammarOptions {
  /** The tools that the answer may call; empty when it may not. */
  tools: readonly Tool[];
  /** `open`: the prompt has begun the reasoning block. `possible`: the model may. `none`: there is none. */
  thinking: "none" | "possible" | "open";
}

/** With `tool_choice: "required"`, an answer has at most this many calls. */
const callsMax = 16;
const thinkingEnd = "</think>";

/** @throws {TeraError} when a schema cannot be enforced. */
export function compileChatGrammar(request: ChatGeneration, options: ChatGrammarOptions): ChatGrammar {
  const rules = createGrammarRules();
  const format = addResponseFormat(rules, request);
  const calls = options.tools.length === 0 ? undefined : addToolCalls(rules, request, options.tools);
  if (mustCall(request) && calls !== undefined) return { answer: rules.toGrammar(withThinking(rules, calls, options)) };
  if (format === undefined) return calls === undefined ? {} : compileFreeCall(options.tools);
  const answer = rules.add(calls === undefined ? format : `${format} | ${calls}`);
  return { answer: rules.toGrammar(withThinking(rules, answer, options)) };
}

function mustCall(request: ChatGeneration): boolean {
  return request.toolChoice === "required" || typeof request.toolChoice === "object";
}

function addResponseFormat(rules: GrammarRules, request: ChatGeneration): string | undefined {
  const format = request.responseFormat;
  if (format === undefined || format.type === "text") return undefined;
  if (format.type === "json_object") return addAnyJson(rules).object;
  return addJsonSchema(rules, format.json_schema.schema, { param: "response_format" });
}

function addToolCalls(rules: GrammarRules, request: ChatGeneration, tools: readonly Tool[]): string {
  const choice = request.toolChoice;
  const wanted =
    typeof choice === "object" ? tools.filter((tool) => tool.function.name === choice.function.name) : tools;
  const call = rules.add(`${literal(toolCallOpening)} ${addCallBody(rules, wanted)}`);
  const isSingle = typeof choice === "object" || request.parallelToolCalls === false;
  return isSingle ? call : rules.add(`${call} ("\\n" ${call}){0,${callsMax - 1}}`);
}

/** A call in an answer that is otherwise free. Its format is certain then, also for models that sometimes get it wrong. */
function compileFreeCall(tools: readonly Tool[]): ChatGrammar {
  const rules = createGrammarRules();
  return { toolCall: rules.toGrammar(addCallBody(rules, tools)) };
}

/** What stands between the tags, and the closing tag. */
function addCallBody(rules: GrammarRules, tools: readonly Tool[]): string {
  const bodies = tools.map((tool) => {
    const head = `\n{"name": ${JSON.stringify(tool.function.name)}, "arguments": `;
    return `${literal(head)} ${addArguments(rules, tool)} ${literal(`}\n${toolCallClosing}`)}`;
  });
  return rules.add(oneOf(bodies));
}

/** A tool that is not `strict` and has a schema that cannot be enforced takes any object. */
function addArguments(rules: GrammarRules, tool: Tool): string {
  const { parameters, strict } = tool.function;
  if (parameters == null) return addAnyJson(rules).object;
  // A tool takes no arguments but those it declares.
  const closed = "properties" in parameters ? { additionalProperties: false } : {};
  const schema = { type: "object", ...closed, ...parameters };
  const options = { param: "tools" };
  try {
    // Tried apart first: what a failure leaves behind would spoil the grammar.
    addJsonSchema(createGrammarRules(), schema, options);
  } catch (error) {
    if (strict === true || !(error instanceof TeraError)) throw error;
    return addAnyJson(rules).object;
  }
  return addJsonSchema(rules, schema, options);
}

function withThinking(rules: GrammarRules, answer: string, options: ChatGrammarOptions): string {
  if (options.thinking === "none") return answer;
  const thinking = addUpTo(rules, thinkingEnd, `[ \\n]{0,4} ${answer}`);
  return options.thinking === "open" ? thinking : `"<think>" ${thinking} | ${answer}`;
}

/** Any text up to and with `end`, then `rest`: one rule per character of `end` that has been read. */
function addUpTo(rules: GrammarRules, end: string, rest: string): string {
  const states = [...end].map(() => rules.reserve());
  const [start, afterFirst] = states;
  if (start === undefined || afterFirst === undefined) throw new RangeError("the end has at least two characters");
  const first = end.charAt(0);
  for (const [read, state] of states.entries()) {
    const next = end.charAt(read);
    const onward = `${literal(next)} ${states[read + 1] ?? rest}`;
    const restart = next === first ? [] : [`${literal(first)} ${afterFirst}`];
    rules.define(state, [onward, ...restart, `[^${first}${next === first ? "" : next}] ${start}`].join(" | "));
  }
  return start;
}
