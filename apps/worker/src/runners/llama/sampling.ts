/** A request's sampling parameters as llama.cpp's. */
import { randomInt } from "node:crypto";
import { type Sampling, TeraError } from "@tera/protocol";
import { type LlamaModel, type SequenceEvaluateOptions, type Token, TokenBias } from "node-llama-cpp";

/** The parameters by their API names, for the model listing. */
export const samplingParameters = [
  "max_tokens",
  "temperature",
  "top_p",
  "top_k",
  "min_p",
  "repetition_penalty",
  "frequency_penalty",
  "presence_penalty",
  "seed",
  "stop",
  "logit_bias",
];

/** Generated tokens that penalties look back on. */
const penaltyWindowMax = 4_096;
/** llama.cpp takes this seed for "choose one". */
const noSeed = 0xffff_ffff;

export type SamplerOptions = Pick<
  SequenceEvaluateOptions,
  "temperature" | "topP" | "topK" | "minP" | "seed" | "repeatPenalty" | "tokenBias"
>;

/**
 * What is absent gets the value that changes nothing, as in OpenAI's API: temperature 1, no cut of the distribution. llama.cpp cuts it
 * (top_k, top_p, min_p) before it applies the temperature. Penalties count generated tokens only.
 *
 * @param generated the choice's tokens so far: a live view.
 * @throws {TeraError} when a bias names a token that cannot be biased.
 */
export function toSamplerOptions(
  sampling: Sampling,
  model: LlamaModel,
  vocabulary: readonly Token[],
  choice: number,
  generated: readonly Token[],
): SamplerOptions {
  const options: SamplerOptions = {
    temperature: sampling.temperature ?? 1,
    topP: sampling.topP ?? 1,
    // 0 is "all"; left out, the library would take 40.
    topK: sampling.topK ?? 0,
    minP: sampling.minP ?? 0,
    seed: seedOf(sampling.seed, choice),
  };
  const penalty = sampling.repetitionPenalty ?? 1;
  const frequencyPenalty = sampling.frequencyPenalty ?? 0;
  const presencePenalty = sampling.presencePenalty ?? 0;
  if (penalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0) {
    options.repeatPenalty = {
      punishTokens: () => generated.slice(-penaltyWindowMax),
      maxPunishTokens: penaltyWindowMax,
      penalty,
      frequencyPenalty,
      presencePenalty,
    };
  }
  const bias = Object.entries(sampling.logitBias ?? {});
  if (bias.length > 0) options.tokenBias = toTokenBias(bias, model, vocabulary);
  return options;
}

/** The same request with the same seed gives the same choices, each its own. Without a seed, chance: the library would take the second. */
function seedOf(seed: number | undefined, choice: number): number {
  if (seed === undefined) return randomInt(noSeed);
  return ((seed + choice) >>> 0) % noSeed;
}

function toTokenBias(bias: [string, number][], model: LlamaModel, vocabulary: readonly Token[]): TokenBias {
  const biases = TokenBias.for(model);
  for (const [key, value] of bias) {
    const token = vocabulary[Number(key)];
    if (token === undefined) {
      throw new TeraError(
        "invalid_request",
        `logit_bias names token ${key}; this model's tokens end at ${vocabulary.length - 1}.`,
        { param: "logit_bias" },
      );
    }
    if (model.isEogToken(token)) {
      throw new TeraError(
        "unsupported_parameter",
        `logit_bias cannot be applied to token ${key}, which ends a generation.`,
        {
          param: "logit_bias",
        },
      );
    }
    biases.set(token, { logit: value });
  }
  return biases;
}
