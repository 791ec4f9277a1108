/** Reads the log probabilities in an engine's answer. */
import type { TokenLogprob } from "@tera/protocol";
import { asArray, asNumber, asObject, asString } from "./json-access.ts";

/**
 * Chat, and llama.cpp's completion too: `{content: [{token, logprob, bytes, top_logprobs}]}`. Other completions: parallel arrays `tokens`,
 * `token_logprobs`, `top_logprobs`.
 */
export function readLogprobs(value: unknown): TokenLogprob[] | undefined {
  const source = asObject(value);
  if (source === undefined) return undefined;
  if (Array.isArray(source["content"])) return source["content"].flatMap((entry: unknown) => readEntry(entry) ?? []);
  if (!Array.isArray(source["tokens"])) return undefined;
  const logprobs = asArray(source["token_logprobs"]);
  const tops = asArray(source["top_logprobs"]);
  return source["tokens"].map((token: unknown, index) => ({
    token: asString(token) ?? "",
    logprob: asNumber(logprobs[index]) ?? 0,
    bytes: null,
    top_logprobs: Object.entries(asObject(tops[index]) ?? {}).map(([other, logprob]) => ({
      token: other,
      logprob: asNumber(logprob) ?? 0,
      bytes: null,
    })),
  }));
}

function readEntry(entry: unknown): TokenLogprob | undefined {
  const one = readToken(entry);
  if (one === undefined) return undefined;
  const alternatives = asArray(asObject(entry)?.["top_logprobs"]).flatMap((other) => readToken(other) ?? []);
  return { ...one, top_logprobs: alternatives };
}

function readToken(value: unknown): Omit<TokenLogprob, "top_logprobs"> | undefined {
  const source = asObject(value);
  const token = asString(source?.["token"]);
  const logprob = asNumber(source?.["logprob"]);
  if (source === undefined || token === undefined || logprob === undefined) return undefined;
  const bytes = Array.isArray(source["bytes"]) ? source["bytes"].filter((byte) => typeof byte === "number") : null;
  return { token, logprob, bytes };
}
