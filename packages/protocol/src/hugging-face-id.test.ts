import { expect, test } from "vitest";
import { isHuggingFaceId } from "./hugging-face-id.ts";

test.each([
  ["Qwen/Qwen2.5-7B-Instruct", true],
  ["llama3.1:8b", false],
  ["my-model", false],
  ["a/b/c", false],
  ["a/", false],
  ["../b", false],
])("%s as a Hugging Face id: %s", (text, expected) => expect(isHuggingFaceId(text)).toBe(expected));
