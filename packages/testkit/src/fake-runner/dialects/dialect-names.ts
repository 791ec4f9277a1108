/** What the fake runner can play: `dialect` in its settings, `--dialect` on its command line. */
export const dialectNames = [
  "vllm",
  "sglang",
  "llamacpp",
  "tgi",
  "ollama",
  "lmstudio",
  "trtllm",
  "kokoro",
  "speaches",
  /** A hosted service, paid for by use. */
  "openai",
  /** A server that has the least that makes one OpenAI-compatible. */
  "generic",
] as const;
export type DialectName = (typeof dialectNames)[number];
