/** The engines that have a profile, as `engine:` in the worker's file and the runners' status spell them. */
export const engineNames = [
  "vllm",
  "sglang",
  "llamacpp",
  "tgi",
  "ollama",
  "lmstudio",
  "tensorrt-llm",
  "kokoro",
  "speaches",
  /** Somebody else's service, paid for by use. */
  "hosted",
  /** Any other server that speaks OpenAI's API. */
  "openai",
] as const;
export type EngineName = (typeof engineNames)[number];
