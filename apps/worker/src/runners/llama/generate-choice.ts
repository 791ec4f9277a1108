/** One choice: evaluates the prompt on a sequence, then token by token reads the answer until something ends it. */
import { type FinishReason, type Sampling, TeraError } from "@tera/protocol";
import { type LlamaContextSequence, type LlamaGrammar, LlamaGrammarEvaluationState, type Token } from "node-llama-cpp";
import { type ChoicePart, type ChoiceText, createChoiceText } from "../text/choice-text.ts";
import type { Engine } from "./engine.ts";
import type { Prompt } from "./prompt.ts";
import { toSamplerOptions } from "./sampling.ts";
import { streamTokens, streamTokensWithLogprobs } from "./token-stream.ts";
import { createTokenText } from "./token-text.ts";

export interface ChoiceRun {
  prompt: Prompt;
  sampling: Sampling;
  /** Its number within the request. */
  index: number;
  signal: AbortSignal;
  onPart(part: ChoicePart): void;
  onToken(isReasoning: boolean): void;
  /** The prompt is about to be evaluated but for the tokens that the sequence still has. */
  onPrompt(cachedTokens: number): void;
  /** A promise while the reader is behind. */
  whenClear(): Promise<void> | undefined;
}

/** @returns why it ended; undefined when the signal fired. */
export async function generateChoice(
  engine: Engine,
  sequence: LlamaContextSequence,
  run: ChoiceRun,
): Promise<FinishReason | undefined> {
  const { prompt, sampling, signal } = run;
  const generated: Token[] = [];
  const sampler = toSamplerOptions(sampling, engine.model, engine.vocabulary, run.index, generated);
  const grammars = await createGrammars(engine, prompt, sampling);
  const rest = await prefill(engine, sequence, run);
  if (rest === undefined) return undefined;

  const tokenText = createTokenText(engine.model, engine.tagTokens, prompt.tokens);
  const text = createChoiceText(prompt.text);
  const tokensMax = Math.min(
    sampling.maxTokens ?? Number.POSITIVE_INFINITY,
    engine.contextLength - prompt.tokens.length,
  );
  const stream =
    sampling.logprobs === undefined
      ? streamTokens(sequence, rest, sampler, () => grammars.current(text))
      : streamTokensWithLogprobs(sequence, rest, sampler, sampling.logprobs);
  let isFull = false;
  for await (const { token, logprob } of stream) {
    if (signal.aborted) return undefined;
    generated.push(token);
    const part = text.push(tokenText.push(token), logprob);
    run.onToken(text.inReasoning);
    if (part !== undefined) run.onPart(part);
    if (text.ended) break;
    isFull = generated.length >= tokensMax;
    if (isFull) break;
    const clear = run.whenClear();
    if (clear !== undefined) await clear;
  }
  if (signal.aborted) return undefined;
  const last = text.end(isFull);
  if (last !== undefined) run.onPart(last);
  return finishReason(text, isFull);
}

function finishReason(text: ChoiceText, isFull: boolean): FinishReason {
  if (isFull) return "length";
  return text.calledTools ? "tool_calls" : "stop";
}

/**
 * Evaluates all of the prompt but its last piece, in steps, so that an abort is noticed.
 * @returns the last piece, at least one token; undefined when the signal fired.
 */
async function prefill(engine: Engine, sequence: LlamaContextSequence, run: ChoiceRun): Promise<Token[] | undefined> {
  const { tokens } = run.prompt;
  // The last token is evaluated in any case: its logits are needed.
  await sequence.adaptStateToTokens(tokens.slice(0, -1), false);
  let at = sequence.nextTokenIndex;
  run.onPrompt(at);
  while (tokens.length - at > engine.prefillTokens) {
    if (run.signal.aborted) return undefined;
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(at, at + engine.prefillTokens));
    at += engine.prefillTokens;
  }
  return run.signal.aborted ? undefined : tokens.slice(at);
}

/** What binds the next token: the answer's grammar from the start, or a call's from its opening tag to its closing one. */
interface Grammars {
  current(text: ChoiceText): LlamaGrammarEvaluationState | undefined;
}

async function createGrammars(
  { llama, model }: Engine,
  { grammar, text }: Prompt,
  sampling: Sampling,
): Promise<Grammars> {
  if (sampling.logprobs !== undefined) {
    if (grammar.answer === undefined) return { current: () => undefined };
    throw new TeraError(
      "unsupported_parameter",
      "logprobs cannot be had together with response_format or a required tool call.",
      { param: "logprobs" },
    );
  }
  const compile = async (source: string | undefined) =>
    source === undefined
      ? undefined
      : await createGrammar(llama, source, text.parsesToolCalls ? "tools" : "response_format");
  const answer = await compile(grammar.answer);
  const toolCall = await compile(grammar.toolCall);
  const answerState = answer && new LlamaGrammarEvaluationState({ model, grammar: answer });
  let callState: LlamaGrammarEvaluationState | undefined;
  return {
    current(reader) {
      if (toolCall === undefined) return answerState;
      // A tag that shares its last token with what follows is noticed too late: that call is left as it is.
      if (reader.atToolCallOpening) callState = new LlamaGrammarEvaluationState({ model, grammar: toolCall });
      else if (!reader.inToolCall) callState = undefined;
      return callState;
    },
  };
}

/** @throws {TeraError} for what only llama.cpp finds out: a schema that refers to itself without end. */
async function createGrammar(llama: Engine["llama"], grammar: string, param: string): Promise<LlamaGrammar> {
  try {
    return await llama.createGrammar({ grammar });
  } catch (cause) {
    throw new TeraError(
      "unsupported_parameter",
      "This model cannot be held to the JSON schema: it refers to itself without end, or repeats too much.",
      { param, cause },
    );
  }
}
