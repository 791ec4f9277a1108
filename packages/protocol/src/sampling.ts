/** `Sampling`: the canonical sampling parameters, shared by chat and completion. */

/** How to pick tokens. An absent field means the engine's own default. */
export interface Sampling {
  /** Upper bound for generated tokens, reasoning included; absent: as far as the context reaches. */
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  minP?: number;
  repetitionPenalty?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  seed?: number;
  /** At most 16 strings; none of them is part of the output. */
  stop?: string[];
  /** Token id (decimal) to bias, -100 to 100. */
  logitBias?: Record<string, number>;
  /** Log probabilities wanted: the number of alternatives per token, 0 for the chosen token alone. */
  logprobs?: number;
}
