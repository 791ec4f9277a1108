/**
 * Decides whether an engine's counts can be true. What cannot be is not charged: then the deltas were counted instead.
 *
 * The bounds are wide on purpose. A token has at least one byte of text, but template, tags and what a parser swallowed have none in the answer, and
 * one character can take several tokens.
 */
import type { Usage } from "@tera/protocol";

export interface Evidence {
  /** Length of the request's body, as JSON: bounds the prompt from above. */
  promptLength: number;
  /** Characters and deltas that came, in all choices. */
  answerLength: number;
  deltas: number;
  /** What all choices together may have at most; undefined: the request says nothing. */
  completionTokensMax: number | undefined;
}

const tokensPerCharacterMax = 4;
/** A blank image of 16,384 tokens is less than 3,000 characters of data. */
const promptTokensPerCharacterMax = 8;
/** System prompts that a template adds, and the text that stands for tools. */
const templateTokensMax = 65_536;
const unseenTokensMax = 512;

/** @returns why not; undefined: it can be true. */
export function findDoubt(usage: Usage, evidence: Evidence): string | undefined {
  const { promptTokens, completionTokens, reasoningTokens } = usage;
  // Nothing is what engines say that did not count; an answer would be given away.
  if (promptTokens === 0) return "no prompt tokens";
  if (completionTokens === 0 && evidence.deltas > 0) return `no completion tokens for ${evidence.deltas} pieces`;
  const promptMax = evidence.promptLength * promptTokensPerCharacterMax + templateTokensMax;
  if (promptTokens > promptMax)
    return `${promptTokens} prompt tokens for a request of ${evidence.promptLength} characters`;
  if (evidence.completionTokensMax !== undefined && completionTokens > evidence.completionTokensMax) {
    return `${completionTokens} completion tokens where ${evidence.completionTokensMax} were allowed`;
  }
  // A hosted service counts reasoning that it does not show.
  const seenMax = evidence.answerLength * tokensPerCharacterMax + evidence.deltas + unseenTokensMax;
  if (completionTokens - reasoningTokens > seenMax) {
    return `${completionTokens} completion tokens for an answer of ${evidence.answerLength} characters`;
  }
  return undefined;
}
