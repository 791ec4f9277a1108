/**
 * What a request is taken to use of a limit of tokens, until its engine has counted: a fair guess, no bound. Whatever it is off by is corrected when the request ends, and a
 * bound (a token has at least one byte) would be off by four times, and refuse requests that fit.
 */
import type { GenerationRequest } from "@tera/protocol";

/** Bytes of UTF-8 per token, over languages: about four letters, or four thirds of a Chinese character. */
const bytesPerToken = 4;
const tokensPerMessage = 4;
/** An image or a sound; their data says little about their tokens. */
const tokensPerMedium = 1_000;
/** Output of a request that names none: most answers are shorter. */
const outputTokensUnnamed = 1_024;

/**
 * Prompt and output, in tokens. Speech has none.
 * @param limit the smallest limit that the request is held against. A client that names no `max_tokens` is taken to want a tenth of it at the most: a model that could write
 * 100,000 tokens must not leave it one request a minute. What it writes beyond that counts when it ends.
 */
export function estimateTokens(request: GenerationRequest, limit: number): number {
  if (request.kind === "speech") return 0;
  const prompts = request.kind === "completion" ? request.prompts.length : 1;
  const unnamed = Math.max(1, Math.min(outputTokensUnnamed, Math.floor(limit / 10)));
  return estimatePrompt(request) + prompts * request.n * (request.sampling.maxTokens ?? unnamed);
}

function estimatePrompt(request: Exclude<GenerationRequest, { kind: "speech" }>): number {
  if (request.kind === "completion") {
    return request.prompts.reduce(
      (sum, prompt) => sum + (typeof prompt === "string" ? ofText(prompt) : prompt.length),
      ofText(request.suffix ?? ""),
    );
  }
  const messages = request.messages.reduce((sum, { content }) => sum + tokensPerMessage + ofContent(content), 0);
  return messages + (request.tools === undefined ? 0 : ofText(JSON.stringify(request.tools)));
}

function ofContent(content: unknown): number {
  if (typeof content === "string") return ofText(content);
  if (!Array.isArray(content)) return 0;
  return content.reduce((sum: number, part: unknown) => {
    const text = typeof part === "object" && part !== null && "text" in part ? part.text : undefined;
    return sum + (typeof text === "string" ? ofText(text) : tokensPerMedium);
  }, 0);
}

function ofText(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}
