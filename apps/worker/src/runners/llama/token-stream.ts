/**
 * The tokens that follow what a sequence holds, one by one, sampled by llama.cpp.
 *
 * Two ways: the library's own loop, and, when log probabilities are wanted, one evaluation per token, which alone returns the few logits
 * needed instead of the whole vocabulary's.
 */
import type { TokenLogprob } from "@tera/protocol";
import type { LlamaContextSequence, LlamaGrammarEvaluationState, LlamaModel, Token } from "node-llama-cpp";
import type { SamplerOptions } from "./sampling.ts";

export interface SampledToken {
  token: Token;
  logprob?: TokenLogprob;
}

/** Ends at a token that ends the generation. @param input tokens to evaluate first, at least one. */
export async function* streamTokens(
  sequence: LlamaContextSequence,
  input: Token[],
  sampler: SamplerOptions,
  grammar: () => LlamaGrammarEvaluationState | undefined,
): AsyncGenerator<SampledToken> {
  for await (const token of sequence.evaluate(input, { ...sampler, grammarEvaluationState: grammar })) yield { token };
}

/**
 * The same with log probabilities, without a grammar. They are those of the distribution that was sampled from: temperature and cuts
 * applied, and the model's own at temperature 0.
 *
 * @param alternatives how many of the most likely tokens to name.
 */
export async function* streamTokensWithLogprobs(
  sequence: LlamaContextSequence,
  input: Token[],
  sampler: SamplerOptions,
  alternatives: number,
): AsyncGenerator<SampledToken> {
  const { model } = sequence;
  let tokens = input;
  for (let step = 0; ; step++) {
    const last = tokens.at(-1);
    if (last === undefined) return;
    // A new sampler is made for each evaluation, so each needs a seed of its own.
    const options = { ...sampler, seed: ((sampler.seed ?? 0) + step * 2_654_435_761) >>> 0 };
    const logits = { filter: { tokens: [], includeSelected: true, includeTop: Math.max(1, alternatives) } };
    const results = await sequence.controlledEvaluate([
      ...tokens.slice(0, -1),
      [last, { generateNext: { token: true, logits, totalLogitWeight: true, options } }],
    ]);
    const next = results.at(-1)?.next;
    if (next?.token == null || next.logits === undefined || next.totalLogitWeight === undefined) {
      throw new Error("llama.cpp sampled no token");
    }
    if (model.isEogToken(next.token)) return;
    yield {
      token: next.token,
      logprob: toLogprob(model, next.token, next.logits, next.totalLogitWeight, alternatives),
    };
    tokens = [next.token];
  }
}

/** @param weight the sum of exp(logit - greatest logit) over the distribution. */
function toLogprob(
  model: LlamaModel,
  chosen: Token,
  logits: ReadonlyMap<Token, number>,
  weight: number,
  alternatives: number,
): TokenLogprob {
  const greatest = Math.max(...logits.values());
  const normalizer = greatest + Math.log(weight);
  const entry = (token: Token, logit: number) => {
    const text = model.detokenize([token], true);
    // Part of a character: its bytes cannot be told from the text.
    const bytes = text.includes("\uFFFD") ? null : [...Buffer.from(text)];
    return { token: text, logprob: Math.min(0, logit - normalizer), bytes };
  };
  const top = [...logits].sort(([, one], [, other]) => other - one).slice(0, alternatives);
  return {
    ...entry(chosen, logits.get(chosen) ?? Number.NEGATIVE_INFINITY),
    top_logprobs: top.map(([token, logit]) => entry(token, logit)),
  };
}
