/** Reads the counts in an engine's answer, in any of the forms that engines have for them. */
import type { Usage } from "@tera/protocol";
import { asCount, asObject } from "./json-access.ts";

/**
 * OpenAI's `usage` object, with SGLang's `reasoning_tokens` beside the other counts.
 *
 * @returns undefined when there is none, or when it cannot be true (negative, not whole).
 */
export function readUsage(value: unknown): Usage | undefined {
  const source = asObject(value);
  if (source === undefined) return undefined;
  const promptTokens = asCount(source["prompt_tokens"]);
  const completionTokens = asCount(source["completion_tokens"] ?? 0);
  if (promptTokens === undefined || completionTokens === undefined) return undefined;
  const cachedTokens = asCount(asObject(source["prompt_tokens_details"])?.["cached_tokens"]) ?? 0;
  const details = asObject(source["completion_tokens_details"]);
  const reasoningTokens = asCount(details?.["reasoning_tokens"]) ?? asCount(source["reasoning_tokens"]) ?? 0;
  return toUsage(promptTokens, cachedTokens, completionTokens, reasoningTokens);
}

/** llama.cpp's `timings`: `cache_n` prompt tokens from the cache, `prompt_n` evaluated, `predicted_n` generated so far. */
export function readTimings(value: unknown): Usage | undefined {
  const source = asObject(value);
  const evaluated = asCount(source?.["prompt_n"]);
  const completionTokens = asCount(source?.["predicted_n"]);
  // Without `cache_n` (before July 2025) the prompt's length is not known.
  const cachedTokens = asCount(source?.["cache_n"]);
  if (evaluated === undefined || completionTokens === undefined || cachedTokens === undefined) return undefined;
  return toUsage(evaluated + cachedTokens, cachedTokens, completionTokens, 0);
}

function toUsage(promptTokens: number, cachedTokens: number, completionTokens: number, reasoningTokens: number): Usage {
  return {
    promptTokens,
    cachedTokens: Math.min(cachedTokens, promptTokens),
    completionTokens,
    reasoningTokens: Math.min(reasoningTokens, completionTokens),
    speechCharacters: 0,
    source: "engine",
  };
}
