/** From a request to the tokens that the engine evaluates, and how the answer to them is to be read. */
import { type ChatGeneration, type CompletionGeneration, TeraError } from "@tera/protocol";
import type { Token } from "node-llama-cpp";
import type { ChoiceTextOptions } from "../text/choice-text.ts";
import type { Engine } from "./engine.ts";
import { type ChatGrammar, compileChatGrammar } from "./grammar/chat-grammar.ts";

export interface Prompt {
  tokens: Token[];
  /** How the answer is read, by choice. */
  text: ChoiceTextOptions;
  grammar: ChatGrammar;
  /** Goes out before the answer. */
  echo?: string;
}

/** @throws {TeraError} 400 for what this model cannot do. */
export function createChatPrompt(engine: Engine, request: ChatGeneration): Prompt {
  const { template } = engine;
  const tools = request.toolChoice === "none" ? [] : (request.tools ?? []);
  if (tools.length > 0 && !template.knowsTools) {
    throw new TeraError("unsupported_parameter", "This model knows no tools; leave them out.", { param: "tools" });
  }
  const forcesCall = request.toolChoice === "required" || typeof request.toolChoice === "object";
  const effort = request.reasoningEffort;
  const enableThinking = forcesCall ? false : effort === undefined ? undefined : effort !== "none";
  const rendered = template.render(request, { tools, enableThinking });
  const thinking = rendered.opensThinking
    ? "open"
    : template.knowsThinking && enableThinking !== false
      ? "possible"
      : "none";
  return {
    tokens: tokenize(engine, rendered.prompt, "messages"),
    text: {
      splitsReasoning: true,
      startsInReasoning: rendered.opensThinking,
      parsesToolCalls: tools.length > 0,
      toolCallsMax: callsMaxOf(request),
      stop: request.sampling.stop ?? [],
    },
    grammar: compileChatGrammar(request, { tools, thinking }),
  };
}

function callsMaxOf({ toolChoice, parallelToolCalls }: ChatGeneration): number {
  return typeof toolChoice === "object" || parallelToolCalls === false ? 1 : Number.POSITIVE_INFINITY;
}

/** One prompt per text or list of token ids. @throws {TeraError} 400 for what this model cannot do. */
export function createCompletionPrompts(engine: Engine, request: CompletionGeneration): Prompt[] {
  if (request.echo && request.sampling.logprobs !== undefined) {
    throw new TeraError("unsupported_parameter", "logprobs cannot be had together with echo.", { param: "logprobs" });
  }
  return request.prompts.map((given) => {
    const tokens = typeof given === "string" ? tokenize(engine, given, "prompt") : checkTokens(engine, given);
    const echo = typeof given === "string" ? given : engine.model.detokenize(tokens, true);
    const text = {
      splitsReasoning: false,
      startsInReasoning: false,
      parsesToolCalls: false,
      toolCallsMax: 0,
      stop: request.sampling.stop ?? [],
    };
    const filled = request.suffix === undefined ? tokens : infill(engine, tokens, request.suffix);
    return { tokens: filled, text, grammar: {}, ...(request.echo ? { echo } : {}) };
  });
}

/** @throws {TeraError} when the text certainly has more tokens than fit; tokenizing it would only hold up the others. */
function tokenize(engine: Engine, text: string, param: string): Token[] {
  const { model, contextLength, tokenCharactersMax } = engine;
  const tokensMin = Math.ceil(text.length / tokenCharactersMax);
  if (tokensMin > contextLength) throw contextExceeded(engine, `at least ${tokensMin}`, param);
  const tokens = model.tokenize(text, true);
  const { bos } = model.tokens;
  if (bos !== null && tokens[0] !== bos && (model.tokens.shouldPrependBosToken || tokens.length === 0)) {
    tokens.unshift(bos);
  }
  if (tokens.length === 0) throw new TeraError("invalid_request", "The prompt has no tokens.", { param });
  return checkLength(engine, tokens, param);
}

function checkLength(engine: Engine, tokens: Token[], param: string): Token[] {
  if (tokens.length >= engine.contextLength) throw contextExceeded(engine, String(tokens.length), param);
  return tokens;
}

/** @throws {TeraError} when an answer of the length that was asked for does not fit behind a prompt. Not asked for: it ends where the context does. */
export function checkRoom({ contextLength }: Engine, prompts: readonly Prompt[], maxTokens = 0): void {
  const longest = Math.max(...prompts.map(({ tokens }) => tokens.length));
  if (longest + maxTokens <= contextLength) return;
  throw new TeraError(
    "context_length_exceeded",
    `This model's maximum context length is ${contextLength} tokens. However, you requested ${longest + maxTokens} tokens (${longest} in the prompt, ${maxTokens} for the answer). Please reduce the prompt or max_tokens.`,
    { param: "max_tokens" },
  );
}

function contextExceeded({ contextLength }: Engine, tokens: string, param: string): TeraError {
  return new TeraError(
    "context_length_exceeded",
    `This model's maximum context length is ${contextLength} tokens, answer included. However, your ${param} resulted in ${tokens} tokens. Please reduce the length of the ${param}.`,
    { param },
  );
}

function checkTokens(engine: Engine, ids: readonly number[]): Token[] {
  const tokens = ids.map((id) => {
    const token = engine.vocabulary[id];
    if (token !== undefined) return token;
    throw new TeraError(
      "invalid_request",
      `The prompt has token ${id}; this model's tokens end at ${engine.vocabulary.length - 1}.`,
      { param: "prompt" },
    );
  });
  return checkLength(engine, tokens, "prompt");
}

/** Prefix, suffix, middle: the order that models with such tokens are trained on. */
function infill(engine: Engine, prefix: Token[], suffix: string): Token[] {
  const { infill: marks } = engine.model.tokens;
  if (marks.prefix === null || marks.suffix === null || marks.middle === null) {
    throw new TeraError("unsupported_parameter", "This model cannot fill in before a suffix.", { param: "suffix" });
  }
  const behind = engine.model.tokenize(suffix, false);
  return checkLength(engine, [marks.prefix, ...prefix, marks.suffix, ...behind, marks.middle], "prompt");
}
