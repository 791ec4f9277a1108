/**
 * Token by token to text. Bytes of a character that is not complete yet wait for the rest, so no replacement characters come out.
 *
 * Control tokens are not text, as everywhere, with the exception of the tags that Tera itself reads, which some models have as control
 * tokens.
 */
import type { LlamaModel, Token } from "node-llama-cpp";
import { toolCallClosing, toolCallOpening } from "../text/tool-call-parser.ts";

const tags = ["<think>", "</think>", toolCallOpening, toolCallClosing];
const replacement = "\uFFFD";
/** A character has at most four bytes; what is still broken after this many tokens was never text. */
const pendingTokensMax = 64;
/** Some tokenizers decide by the tokens before whether a space belongs in front. */
const contextTokens = 4;

/** Tags that are one token each, with their text. */
export function findTagTokens(model: LlamaModel): ReadonlyMap<Token, string> {
  const found = new Map<Token, string>();
  for (const tag of tags) {
    const [token, ...more] = model.tokenize(tag, true);
    if (token !== undefined && more.length === 0) found.set(token, tag);
  }
  return found;
}

export interface TokenText {
  /** The text that is certain with this token. */
  push(token: Token): string;
}

/** @param before the tokens in front of the text, i.e. the prompt. */
export function createTokenText(
  model: Pick<LlamaModel, "detokenize">,
  tagTokens: ReadonlyMap<Token, string>,
  before: readonly Token[],
): TokenText {
  let context = before.slice(-contextTokens);
  let pending: Token[] = [];
  /** How many characters of the pending tokens' text are out already. */
  let given = 0;

  function settle(): void {
    context = [...context, ...pending].slice(-contextTokens);
    pending = [];
    given = 0;
  }

  return {
    push(token) {
      const tag = tagTokens.get(token);
      if (tag !== undefined) {
        pending.push(token);
        settle();
        return tag;
      }
      pending.push(token);
      const text = model.detokenize(pending, false, context);
      const isComplete = !text.endsWith(replacement) || pending.length >= pendingTokensMax;
      let end = text.length;
      if (!isComplete) while (end > 0 && text[end - 1] === replacement) end--;
      const piece = text.slice(given, end);
      if (isComplete) settle();
      else given = Math.max(given, end);
      return piece;
    },
  };
}
