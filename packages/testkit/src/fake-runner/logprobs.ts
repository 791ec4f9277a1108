/** Log probabilities that the fake model claims: a pure function of the token, in vLLM's two shapes. */
import { hashText, mixBits, words } from "./words.ts";

interface Candidate {
  token: string;
  logprob: number;
  bytes: number[];
}

export interface ChatLogprob extends Candidate {
  top_logprobs: Candidate[];
}

function candidate(token: string, logprob: number): Candidate {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}

/** The chosen token first, then `count - 1` others, each less likely than the one before. */
function candidates(token: string, count: number): Candidate[] {
  const bits = mixBits(hashText(token));
  const chosen = candidate(token, -(bits % 1000) / 10_000);
  const others = Array.from({ length: Math.max(0, count - 1) }, (_, at) => {
    const word = words[(bits + at) % words.length] ?? "";
    return candidate(word === token.trim() ? `${word}-` : word, chosen.logprob - 1 - at);
  });
  return [chosen, ...others];
}

/** `choices[].logprobs.content` of a chat answer. */
export function chatLogprobs(tokens: readonly string[], top: number): ChatLogprob[] {
  return tokens.map((token) => {
    const all = candidates(token, Math.max(top, 1));
    return { ...candidate(token, all[0]?.logprob ?? 0), top_logprobs: all.slice(0, top) };
  });
}

export interface CompletionLogprobs {
  text_offset: number[];
  token_logprobs: (number | null)[];
  tokens: string[];
  top_logprobs: (Record<string, number> | null)[];
}

/**
 * `choices[].logprobs` of a text completion.
 * @param offset where the first token stands in the whole text, in characters.
 * @param first the first token has nothing before it, hence no probability (echo).
 */
export function completionLogprobs(
  tokens: readonly string[],
  top: number,
  offset: number,
  first: boolean,
): CompletionLogprobs {
  const shape: CompletionLogprobs = { text_offset: [], token_logprobs: [], tokens: [], top_logprobs: [] };
  let at = offset;
  for (const [index, token] of tokens.entries()) {
    const all = candidates(token, Math.max(top, 1));
    const unknown = first && index === 0;
    shape.text_offset.push(at);
    shape.tokens.push(token);
    shape.token_logprobs.push(unknown ? null : (all[0]?.logprob ?? null));
    shape.top_logprobs.push(unknown ? null : Object.fromEntries(all.map((one) => [one.token, one.logprob])));
    at += token.length;
  }
  return shape;
}
