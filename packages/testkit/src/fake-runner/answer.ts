/**
 * What the fake model answers: a sequence of pieces, one per token, that is a pure function of the request and the settings.
 *
 * Phrases in the last user message (see `triggers`) make it call tools or reason, so that a test steers it through any client.
 */
import { randomBytes } from "node:crypto";
import type { ChatBody, ChatMessageBody, CompletionBody } from "./bodies.ts";
import { type Json, jsonFromSchema } from "./json-from-schema.ts";
import { defaultAnswerTokens, type FakeRunnerSettings } from "./settings.ts";
import { countTokens, createWriter, hashText, mixBits } from "./words.ts";

/** One token. `mark` is one that a reasoning parser swallows: it is generated and counted, but not shown. */
export type Piece =
  | { kind: "content" | "reasoning" | "mark"; text: string }
  | { kind: "call"; call: number; id: string; name: string }
  | { kind: "arguments"; call: number; text: string };

/** Phrases that the fake model obeys, anywhere in the last user message. */
export const triggers = {
  /** Calls the first tool, when tools are given and allowed. */
  callTool: "please use a tool",
  /** Calls every tool once, in order. */
  callAllTools: "please use all tools",
  /** Reasons before it answers. */
  reason: "please think first",
} as const;

/** The text that the fake model sees: its chat template. */
export function renderChat(messages: readonly ChatMessageBody[], continueFinalMessage: boolean): string {
  const turns = messages.map((message) => `<|${message.role}|>\n${contentText(message)}${callsText(message)}`);
  const prompt = turns.join("\n");
  return continueFinalMessage ? prompt : `${prompt}\n<|assistant|>\n`;
}

/** The text of a token-id prompt under the fake tokenizer. */
export function renderTokenIds(ids: readonly number[]): string {
  return ids.map((id) => `t${id}`).join(" ");
}

/** @returns the tokens of one choice of a chat answer, in order; without end when only max_tokens ends it. */
export function* chatPieces(body: ChatBody, settings: FakeRunnerSettings, choice: number): Generator<Piece, void> {
  const { messages } = body;
  const last = messages.at(-1);
  const continues = body.continue_final_message === true && last?.role === "assistant";
  const seed = body.seed ?? 0;
  let context = renderChat(messages, continues);

  if (wantsReasoning(body) && !continues) {
    const tags = settings.reasoningStyle === "tags";
    const opening = "<think>\n";
    const closing = "\n</think>\n\n";
    context += opening;
    yield { kind: tags ? "content" : "mark", text: opening };
    const write = createWriter(context, seed, choice);
    for (let token = 0; token < settings.reasoningTokens; token++) {
      const text = write();
      context += text;
      yield { kind: tags ? "content" : "reasoning", text };
    }
    context += closing;
    yield { kind: tags ? "content" : "mark", text: closing };
  }

  const tools = toolsToCall(body);
  if (tools.length > 0) {
    for (const [call, tool] of tools.entries()) {
      if (settings.rawTools !== "none") {
        yield* rawCallPieces(tool, createRandom(`${context}${tool.name}`, seed, choice), settings.rawTools);
        continue;
      }
      const id = `chatcmpl-tool-${randomBytes(8).toString("hex")}`;
      yield { kind: "call", call, id, name: tool.name };
      const value = jsonFromSchema(
        tool.parameters ?? { type: "object" },
        createRandom(`${context}${tool.name}`, seed, choice),
      );
      for (const text of cut(JSON.stringify(value))) yield { kind: "arguments", call, text };
    }
    return;
  }

  const json = wantedJson(body, () => createRandom(context, seed, choice));
  if (json !== undefined) {
    for (const text of cut(JSON.stringify(json))) yield { kind: "content", text };
    return;
  }

  const given = continues && last !== undefined ? countTokens(contentText(last)) : 0;
  yield* textPieces(context, seed, choice, answerTokens(settings, maxTokensOf(body)) - given);
}

/** A call as the model itself writes it. */
function* rawCallPieces(tool: FakeTool, random: () => number, style: "hermes" | "qwen3_coder"): Generator<Piece, void> {
  const value = jsonFromSchema(tool.parameters ?? { type: "object" }, random);
  const name = JSON.stringify(tool.name);
  const text =
    style === "hermes"
      ? `<tool_call>\n{"name": ${name}, "arguments": ${JSON.stringify(value)}}\n</tool_call>\n`
      : `<tool_call>\n<function=${tool.name}>\n${parameterTags(value)}</function>\n</tool_call>\n`;
  for (const piece of cut(text)) yield { kind: "content", text: piece };
}

/** Qwen3-Coder's chat template: a tag per parameter, strings bare, everything else as JSON. */
function parameterTags(value: Json): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "";
  return Object.entries(value)
    .map(([name, one]) => {
      const text = typeof one === "string" ? one : JSON.stringify(one);
      return `<parameter=${name}>\n${text}\n</parameter>\n`;
    })
    .join("");
}

/** @returns the tokens of one choice of a text completion. */
export function completionPieces(
  body: CompletionBody,
  prompt: string,
  settings: FakeRunnerSettings,
  choice: number,
): Generator<Piece, void> {
  return textPieces(prompt, body.seed ?? 0, choice, settings.tokens ?? Number.POSITIVE_INFINITY);
}

export function maxTokensOf(body: ChatBody): number | undefined {
  return body.max_completion_tokens ?? body.max_tokens ?? undefined;
}

function answerTokens(settings: FakeRunnerSettings, maxTokens: number | undefined): number {
  return settings.tokens ?? (maxTokens === undefined ? defaultAnswerTokens : Number.POSITIVE_INFINITY);
}

function* textPieces(context: string, seed: number, choice: number, tokens: number): Generator<Piece, void> {
  const write = createWriter(context, seed, choice);
  for (let token = 0; token < tokens; token++) yield { kind: "content", text: write() };
}

function wantsReasoning(body: ChatBody): boolean {
  if (body.reasoning_effort != null) return body.reasoning_effort !== "none";
  const thinking = body.chat_template_kwargs?.["enable_thinking"] ?? body.chat_template_kwargs?.["thinking"];
  return thinking === true || lastUserText(body).includes(triggers.reason);
}

interface FakeTool {
  name: string;
  parameters?: unknown;
}

/** After a tool's answer the model speaks; otherwise it calls what it is made to call, or what the user's words ask for. */
function toolsToCall(body: ChatBody): FakeTool[] {
  const tools: FakeTool[] = (body.tools ?? []).map((tool) => tool.function);
  const choice = body.tool_choice ?? "auto";
  const first = tools[0];
  if (first === undefined || choice === "none" || body.messages.at(-1)?.role === "tool") return [];
  if (typeof choice === "object") return tools.filter((tool) => tool.name === choice.function.name).slice(0, 1);
  const asked = lastUserText(body);
  if (asked.includes(triggers.callAllTools)) return body.parallel_tool_calls === false ? [first] : tools;
  if (choice === "required" || asked.includes(triggers.callTool)) return [first];
  return [];
}

/** @param makeRandom called only when JSON is wanted: it reads the whole prompt. */
function wantedJson(body: ChatBody, makeRandom: () => () => number): Json | undefined {
  const format = body.response_format;
  if (format?.type === "json_object")
    return { answer: "Zürich 🙂", number: Math.floor(makeRandom()() * 100), ok: true };
  if (format?.type === "json_schema") return jsonFromSchema(format.json_schema?.schema ?? {}, makeRandom());
  return undefined;
}

function lastUserText(body: ChatBody): string {
  const message = body.messages.findLast(({ role }) => role === "user");
  return message === undefined ? "" : contentText(message);
}

function contentText(message: ChatMessageBody): string {
  const { content } = message;
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? `<${part.type}>`).join("\n");
}

function callsText(message: ChatMessageBody): string {
  return (message.tool_calls ?? []).map((call) => `\n${call.function.name}(${call.function.arguments})`).join("");
}

/** Pieces of four characters: JSON comes token by token too, and never cut inside a character. */
function cut(text: string): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += 4) pieces.push(characters.slice(at, at + 4).join(""));
  return pieces;
}

function createRandom(context: string, seed: number, choice: number): () => number {
  let state = hashText(`${seed}/${choice}`, hashText(context));
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mixBits(state) / 2 ** 32;
  };
}
