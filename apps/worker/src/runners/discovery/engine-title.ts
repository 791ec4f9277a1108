/** What people call an engine: `vLLM 0.14.0`. */
import type { EngineName } from "../engines/engine-names.ts";

const titles: Readonly<Record<EngineName, string>> = {
  vllm: "vLLM",
  sglang: "SGLang",
  llamacpp: "llama.cpp",
  tgi: "TGI",
  ollama: "Ollama",
  lmstudio: "LM Studio",
  "tensorrt-llm": "TensorRT-LLM",
  kokoro: "Kokoro-FastAPI",
  speaches: "Speaches",
  hosted: "a hosted service",
  openai: "an OpenAI-compatible server",
};

export function titleOf({ engine, version }: { engine: EngineName; version: string | undefined }): string {
  return version === undefined ? titles[engine] : `${titles[engine]} ${version}`;
}
