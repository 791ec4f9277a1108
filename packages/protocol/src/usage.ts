/** `Usage`: how much was consumed, in the engine's own counts. Money is made of it elsewhere. */
import { z } from "zod";

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

/** A usage of nothing, to add to. */
export function emptyUsage(source: Usage["source"] = "counted"): Usage {
  return { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0, speechCharacters: 0, source };
}
