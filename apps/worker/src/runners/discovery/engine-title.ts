/** What people call an engine: `vLLM 0.14.0`. */
const titles: Readonly<Record<string, string>> = {
  vllm: "vLLM",
  sglang: "SGLang",
  llamacpp: "llama.cpp",
  tgi: "TGI",
  ollama: "Ollama",
  lmstudio: "LM Studio",
  "tensorrt-llm": "TensorRT-LLM",
  kokoro: "Kokoro-FastAPI",
  speaches: "Speaches",
};

/** An engine without a profile of its own is called by what it speaks. */
export function titleOf({ engine, version }: { engine: string; version: string | undefined }): string {
  const title = titles[engine] ?? "an OpenAI-compatible server";
  return version === undefined ? title : `${title} ${version}`;
}
