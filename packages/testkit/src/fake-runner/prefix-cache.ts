/** A prefix cache in name: a prompt seen before counts as cached, in whole blocks of 16 tokens and never entirely, as in vLLM. */
import { hashText } from "./words.ts";

export interface PrefixCache {
  /** @returns the tokens of this prompt that were cached; remembers it. */
  visit(prompt: string, promptTokens: number): number;
}

const promptsMax = 10_000;
const blockTokens = 16;

export function createPrefixCache(): PrefixCache {
  const seen = new Set<number>();
  return {
    visit(prompt, promptTokens) {
      const hash = hashText(prompt);
      const known = seen.delete(hash);
      seen.add(hash);
      if (seen.size > promptsMax) {
        for (const oldest of seen) {
          seen.delete(oldest);
          break;
        }
      }
      return known ? Math.floor((promptTokens - 1) / blockTokens) * blockTokens : 0;
    },
  };
}
