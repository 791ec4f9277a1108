/** `Usage`: how much was consumed, in the engine's own counts. Money is made of it elsewhere. */
import { z } from "zod";
import type { Delta } from "./delta.ts";

const count = z.number().int().nonnegative();

export const usageSchema = z.object({
  /** Tokens of the prompt, cached ones included. */
  promptTokens: count,
  /** Of the prompt tokens, those that a prefix cache served. */
  cachedTokens: count,
  /** Generated tokens, reasoning included. */
  completionTokens: count,
  /** Of the completion tokens, those spent on reasoning. */
  reasoningTokens: count,
  /** Speech: characters of the input. */
  speechCharacters: count,
  /** `engine`: its own count. `counted`: it gave none that can be believed, so deltas were counted. */
  source: z.enum(["engine", "counted"]),
});
export type Usage = z.infer<typeof usageSchema>;

/** Adds what a delta is taken for where nobody has counted it: a token for each piece of an answer, in which way engines stream. */
export function countDelta(usage: Usage, { content, reasoning, toolCalls, logprobs }: Delta): void {
  if (content === undefined && reasoning === undefined && toolCalls === undefined && logprobs === undefined) return;
  usage.completionTokens++;
  if (reasoning !== undefined) usage.reasoningTokens++;
}

export function isSameUsage(one: Usage, other: Usage): boolean {
  return (
    one.promptTokens === other.promptTokens &&
    one.cachedTokens === other.cachedTokens &&
    one.completionTokens === other.completionTokens &&
    one.reasoningTokens === other.reasoningTokens &&
    one.speechCharacters === other.speechCharacters &&
    one.source === other.source
  );
}

/** A usage of nothing, to add to. */
export function emptyUsage(source: Usage["source"] = "counted"): Usage {
  return { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0, speechCharacters: 0, source };
}
