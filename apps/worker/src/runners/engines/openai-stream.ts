/**
 * Reads the stream of an OpenAI-compatible engine: each event becomes deltas, and in the end there is a usage.
 *
 * Hot path, so the shapes are looked at by hand instead of by a schema; whatever is not as expected is passed over. Engines differ in the name
 * of the reasoning field (`reasoning`, `reasoning_content`) or leave raw `<think>` tags in the text, which are split here.
 */
import {
  createReasoningSplitter,
  type Delta,
  emptyUsage,
  type FinishReason,
  finishReasons,
  type ReasoningSplitter,
  TeraError,
  type TokenLogprob,
  type ToolCallDelta,
  type Usage,
} from "@tera/protocol";
import type { DeltaSink } from "../runner.ts";
import { asArray, asCount, asNumber, asObject, asString } from "./json-access.ts";
import { toEngineError } from "./openai-error.ts";

export interface EngineStreamReader {
  /** The data of one event. @throws {TeraError} when the engine reports an error inside its stream. */
  event(data: string): void;
  /** True once `[DONE]` came, or every choice has ended: an engine that closes earlier has failed. */
  readonly complete: boolean;
  /** The engine's own usage, or the count of what was seen. Call once, at the end. */
  usage(): Usage;
}

interface ChoiceState {
  splitter: ReasoningSplitter;
  calledTools: boolean;
  finished: boolean;
}

export interface EngineStreamOptions {
  kind: "chat" | "completion";
  /** Choices that must finish. */
  choices: number;
  /** Asked only for a usage that the engine does not give: it walks the whole prompt. */
  estimatePromptTokens(): number;
  sink: DeltaSink;
}

export function createEngineStreamReader(options: EngineStreamOptions): EngineStreamReader {
  const { kind, sink } = options;
  const choices = new Map<number, ChoiceState>();
  let done = false;
  let contentDeltas = 0;
  let reasoningDeltas = 0;
  let engineUsage: Usage | undefined;

  function choiceState(index: number): ChoiceState {
    let state = choices.get(index);
    if (state === undefined) {
      state = { splitter: createReasoningSplitter(), calledTools: false, finished: false };
      choices.set(index, state);
    }
    return state;
  }

  function event(data: string): void {
    if (data === "[DONE]") {
      done = true;
      return;
    }
    const chunk = asObject(parse(data));
    if (chunk === undefined)
      throw new TeraError("runner_failed", "The model's engine sent an answer that cannot be read. Try again.", {
        detail: `not a JSON object: ${data.slice(0, 200)}`,
      });
    if (chunk["error"] !== undefined) throw toEngineError(asCount(asObject(chunk["error"])?.["code"]) ?? 500, data);
    engineUsage = readUsage(chunk["usage"]) ?? engineUsage;
    for (const choice of asArray(chunk["choices"])) readChoice(asObject(choice));
  }

  function readChoice(choice: Record<string, unknown> | undefined): void {
    if (choice === undefined) return;
    const index = asCount(choice["index"]) ?? 0;
    const state = choiceState(index);
    if (state.finished) return;
    const delta: Delta = { index };
    if (kind === "chat") readChatDelta(asObject(choice["delta"]), state, delta);
    else readText(asString(choice["text"]), delta);

    const logprobs = readLogprobs(kind, choice["logprobs"]);
    if (logprobs !== undefined) delta.logprobs = logprobs;

    const finish = choice["finish_reason"];
    if (typeof finish === "string") {
      state.finished = true;
      const held = state.splitter.end();
      if (held.reasoning !== "") delta.reasoning = (delta.reasoning ?? "") + held.reasoning;
      if (held.content !== "") delta.content = (delta.content ?? "") + held.content;
      delta.finishReason = toFinishReason(finish, state.calledTools);
    }
    count(delta);
    if (!isEmpty(delta)) sink(delta);
  }

  function readChatDelta(source: Record<string, unknown> | undefined, state: ChoiceState, delta: Delta): void {
    if (source === undefined) return;
    const reasoning = asString(source["reasoning_content"]) ?? asString(source["reasoning"]);
    if (reasoning) delta.reasoning = reasoning;
    const content = asString(source["content"]);
    if (content) {
      const piece = state.splitter.push(content);
      if (piece.reasoning !== "") delta.reasoning = (delta.reasoning ?? "") + piece.reasoning;
      if (piece.content !== "") delta.content = piece.content;
    }
    const toolCalls = readToolCalls(source["tool_calls"]);
    if (toolCalls !== undefined) {
      delta.toolCalls = toolCalls;
      state.calledTools = true;
    }
  }

  function readText(text: string | undefined, delta: Delta): void {
    if (text) delta.content = text;
  }

  /** Engines stream a token a time: deltas are the best count there is when they give none. */
  function count(delta: Delta): void {
    if (delta.reasoning !== undefined) reasoningDeltas++;
    else if (delta.content !== undefined || delta.toolCalls !== undefined) contentDeltas++;
  }

  return {
    event,
    get complete() {
      if (done) return true;
      let finished = 0;
      for (const state of choices.values()) if (state.finished) finished++;
      return finished >= options.choices;
    },
    usage() {
      if (engineUsage === undefined) {
        return {
          ...emptyUsage("counted"),
          promptTokens: options.estimatePromptTokens(),
          completionTokens: contentDeltas + reasoningDeltas,
          reasoningTokens: reasoningDeltas,
        };
      }
      // Engines that leave raw tags in the text do not count reasoning apart; we saw how much of it there was.
      const reasoningTokens = engineUsage.reasoningTokens || Math.min(reasoningDeltas, engineUsage.completionTokens);
      return { ...engineUsage, reasoningTokens };
    },
  };
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function isEmpty(delta: Delta): boolean {
  return (
    delta.content === undefined &&
    delta.reasoning === undefined &&
    delta.toolCalls === undefined &&
    delta.logprobs === undefined &&
    delta.finishReason === undefined
  );
}

function readToolCalls(value: unknown): ToolCallDelta[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.map((entry: unknown, position) => {
    const call = asObject(entry) ?? {};
    const target = asObject(call["function"]) ?? {};
    const delta: ToolCallDelta = { index: asCount(call["index"]) ?? position };
    const id = asString(call["id"]);
    const name = asString(target["name"]);
    const pieces = asString(target["arguments"]);
    if (id) delta.id = id;
    if (name) delta.name = name;
    if (pieces !== undefined) delta.arguments = pieces;
    return delta;
  });
}

function toFinishReason(reason: string, calledTools: boolean): FinishReason {
  const known = finishReasons.find((candidate) => candidate === reason);
  // vLLM ends a forced tool call with `stop`; a client looks for `tool_calls`.
  if (calledTools && (known === undefined || known === "stop")) return "tool_calls";
  return known ?? "stop";
}

/** Chat: `{content: [{token, logprob, bytes, top_logprobs}]}`. Completion: parallel arrays `tokens`, `token_logprobs`, `top_logprobs`. */
function readLogprobs(kind: "chat" | "completion", value: unknown): TokenLogprob[] | undefined {
  const source = asObject(value);
  if (source === undefined) return undefined;
  if (kind === "chat") {
    if (!Array.isArray(source["content"])) return undefined;
    return source["content"].flatMap((entry: unknown) => {
      const one = readTokenLogprob(entry);
      if (one === undefined) return [];
      const alternatives = asArray(asObject(entry)?.["top_logprobs"]).flatMap((other) => readTokenLogprob(other) ?? []);
      return [{ ...one, top_logprobs: alternatives }];
    });
  }
  const logprobs = asArray(source["token_logprobs"]);
  const tops = asArray(source["top_logprobs"]);
  return asArray(source["tokens"]).map((token, index) => ({
    token: asString(token) ?? "",
    logprob: asNumber(logprobs[index]) ?? 0,
    bytes: null,
    top_logprobs: Object.entries(asObject(tops[index]) ?? {}).map(([other, logprob]) => ({
      token: other,
      logprob: asNumber(logprob) ?? 0,
      bytes: null,
    })),
  }));
}

function readTokenLogprob(value: unknown): Omit<TokenLogprob, "top_logprobs"> | undefined {
  const source = asObject(value);
  const token = asString(source?.["token"]);
  const logprob = asNumber(source?.["logprob"]);
  if (source === undefined || token === undefined || logprob === undefined) return undefined;
  const bytes = Array.isArray(source["bytes"]) ? source["bytes"].filter((byte) => typeof byte === "number") : null;
  return { token, logprob, bytes };
}

/** Undefined when there is none, or when it cannot be true (negative, not whole, cached more than there were). */
export function readUsage(value: unknown): Usage | undefined {
  const source = asObject(value);
  if (source === undefined) return undefined;
  const promptTokens = asCount(source["prompt_tokens"]);
  const completionTokens = asCount(source["completion_tokens"]) ?? 0;
  if (
    promptTokens === undefined ||
    (source["completion_tokens"] !== undefined && asCount(source["completion_tokens"]) === undefined)
  )
    return undefined;
  const cachedTokens = asCount(asObject(source["prompt_tokens_details"])?.["cached_tokens"]) ?? 0;
  const reasoningTokens = asCount(asObject(source["completion_tokens_details"])?.["reasoning_tokens"]) ?? 0;
  return {
    promptTokens,
    cachedTokens: Math.min(cachedTokens, promptTokens),
    completionTokens,
    reasoningTokens: Math.min(reasoningTokens, completionTokens),
    speechCharacters: 0,
    source: "engine",
  };
}
