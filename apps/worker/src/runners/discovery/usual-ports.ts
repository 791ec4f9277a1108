/** Where engines listen when nobody said otherwise. */

export const usualPorts: readonly number[] = [
  // vLLM, and most servers that imitate it
  8_000,
  // SGLang
  30_000,
  // llama.cpp's server, TGI in its container
  8_080,
  // Ollama
  11_434,
  // LM Studio
  1_234,
];
