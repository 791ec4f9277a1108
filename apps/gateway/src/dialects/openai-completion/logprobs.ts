/** Log probabilities as the legacy completion endpoint spells them: parallel arrays. */
import type { TokenLogprob } from "@tera/protocol";

export interface CompletionLogprobs {
  tokens: string[];
  token_logprobs: number[];
  top_logprobs: Record<string, number>[];
  text_offset: number[];
}

/** @param textOffset characters of the choice's text before these tokens. */
export function toCompletionLogprobs(logprobs: readonly TokenLogprob[], textOffset: number): CompletionLogprobs {
  let offset = textOffset;
  return {
    tokens: logprobs.map((entry) => entry.token),
    token_logprobs: logprobs.map((entry) => entry.logprob),
    top_logprobs: logprobs.map((entry) =>
      Object.fromEntries(entry.top_logprobs.map((top) => [top.token, top.logprob])),
    ),
    text_offset: logprobs.map((entry) => {
      const at = offset;
      offset += entry.token.length;
      return at;
    }),
  };
}
