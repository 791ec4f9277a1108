import { expect, it } from "vitest";
import { isHuggingFaceId, toPublicId } from "./model-ids.ts";

it.each([
  ["Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct"],
  ["bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M", "bartowski/Llama-3.2-1B-Instruct-GGUF"],
  ["hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M", "bartowski/Llama-3.2-1B-Instruct-GGUF"],
  ["/models/Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf", "Meta-Llama-3.1-8B-Instruct-Q4_K_M"],
  ["../models/big-00001-of-00003.gguf", "big"],
  ["models/small.gguf", "small"],
  ["C:\\models\\small.gguf", "small"],
  ["/data/my-model/", "my-model"],
  ["qwen2.5:7b", "qwen2.5:7b"],
  ["gpt-4o-mini", "gpt-4o-mini"],
])("makes of %s the public id %s", (id, publicId) => {
  expect(toPublicId(id)).toBe(publicId);
});

it.each(["/models/a", "./a/b", "a/b/c", "a", "a/b.gguf", "../b"])("does not take %s for a Hugging Face id", (id) => {
  expect(isHuggingFaceId(id)).toBe(false);
});
