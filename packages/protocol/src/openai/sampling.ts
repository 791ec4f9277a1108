/** The sampling fields that chat and completion requests share, with OpenAI's ranges and Tera's three additions. */
import { z } from "zod";
import type { Sampling } from "../sampling.ts";

const tokenCount = z.number().int().min(1).max(100_000_000);

/** Bounds on what a request may carry many of. */
export const choicesMax = 32;
const stopCountMax = 16;
const stopLengthMax = 1_000;
const logitBiasMax = 1_024;

/** OpenAI's clients send `null` for "not set", so every optional field takes it. */
export const samplingFields = {
  max_tokens: tokenCount.nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.number().int().min(-1).max(1_000_000).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().gt(0).max(10).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  seed: z.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER).nullish(),
  n: z.number().int().min(1).max(choicesMax).nullish(),
  stop: z
    .union([z.string().min(1).max(stopLengthMax), z.array(z.string().min(1).max(stopLengthMax)).max(stopCountMax)], {
      error: `must be a string or an array of up to ${stopCountMax} strings`,
    })
    .nullish(),
  logit_bias: z
    .record(z.string().regex(/^\d{1,9}$/, "keys are token ids"), z.number().min(-100).max(100))
    .refine((bias) => Object.keys(bias).length <= logitBiasMax, `at most ${logitBiasMax} entries`)
    .nullish(),
};

export const streamFields = {
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  user: z.string().max(1_000).nullish(),
};

export const tokenCountSchema = tokenCount;

type SamplingFields = { [Field in keyof typeof samplingFields]?: z.infer<(typeof samplingFields)[Field]> };

/** Collects what was set; what was not stays absent, so that the engine's default holds. */
export function toSampling(
  body: SamplingFields,
  maxTokens: number | null | undefined,
  logprobs: number | undefined,
): Sampling {
  const sampling: Sampling = {};
  if (maxTokens != null) sampling.maxTokens = maxTokens;
  if (body.temperature != null) sampling.temperature = body.temperature;
  if (body.top_p != null) sampling.topP = body.top_p;
  // -1 is vLLM's spelling of "off".
  if (body.top_k != null && body.top_k > 0) sampling.topK = body.top_k;
  if (body.min_p != null) sampling.minP = body.min_p;
  if (body.repetition_penalty != null) sampling.repetitionPenalty = body.repetition_penalty;
  if (body.frequency_penalty != null) sampling.frequencyPenalty = body.frequency_penalty;
  if (body.presence_penalty != null) sampling.presencePenalty = body.presence_penalty;
  if (body.seed != null) sampling.seed = body.seed;
  if (body.stop != null) sampling.stop = typeof body.stop === "string" ? [body.stop] : body.stop;
  if (body.logit_bias != null) sampling.logitBias = body.logit_bias;
  if (logprobs !== undefined) sampling.logprobs = logprobs;
  return sampling;
}
