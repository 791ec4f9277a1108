/**
 * Somebody else's service with a key of the operator's: OpenAI, OpenRouter, Groq, Together and the like.
 *
 * Never a canary, for every generation is paid for. Only OpenAI's own parameters: some of these services refuse what they do not know
 * (https://platform.openai.com/docs/guides/error-codes).
 */
import type { EngineProfile } from "./engine-profile.ts";
import { openai } from "./openai.ts";
import { openAiSampling, openAiText } from "./openai-dialect.ts";

export const hosted: EngineProfile = {
  ...openai,
  name: "hosted",
  /** A service is called hosted for its address and key, see detect.ts. */
  recognise: () => undefined,
  text: { ...openAiText, sampling: { ...openAiSampling, maxTokens: "max_completion_tokens" } },
  speech: { fields: ["speed", "instructions"] },
  canary: "none",
};
