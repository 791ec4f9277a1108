/**
 * OpenAI's own dialect with vLLM's three additions, which most engines took over: what the profiles start from.
 *
 * Source: https://platform.openai.com/docs/api-reference/chat/create
 */
import type { SamplingName, TextDialect } from "./engine-profile.ts";

/** Names of the sampling parameters in OpenAI's API, and in ours. */
export const openAiSampling = {
  maxTokens: "max_tokens",
  temperature: "temperature",
  topP: "top_p",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  seed: "seed",
  stop: "stop",
  logitBias: "logit_bias",
} as const;

/** With vLLM's additions, in vLLM's spelling: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html */
export const extendedSampling = {
  ...openAiSampling,
  topK: "top_k",
  minP: "min_p",
  repetitionPenalty: "repetition_penalty",
} as const satisfies Record<SamplingName, string>;

export const openAiText: TextDialect = {
  sampling: openAiSampling,
  topLogprobsMax: 20,
  streamUsage: "final",
  severalChoices: true,
  severalPrompts: true,
  developerRole: true,
  responseFormat: (format) => format,
  toolChoice: (choice) => choice,
  parallelToolCalls: true,
  reasoningEffort: (effort) => effort,
  features: ["tools", "json_mode", "structured_outputs", "logprobs"],
};
