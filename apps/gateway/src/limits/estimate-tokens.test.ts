import type { ChatGeneration } from "@tera/protocol";
import { expect, test } from "vitest";
import { estimateTokens } from "./estimate-tokens.ts";
import { formatWait, limitHeaders } from "./limit-state.ts";

const chat = (change: Partial<ChatGeneration>): ChatGeneration => ({
  kind: "chat",
  model: "m",
  messages: [{ role: "user", content: "x".repeat(400) }],
  n: 1,
  sampling: { maxTokens: 50 },
  ...change,
});

test("a prompt is a token per four bytes, an output what was asked for, for each choice", () => {
  expect(estimateTokens(chat({}), 10_000)).toBe(104 + 50);
  expect(estimateTokens(chat({ n: 3 }), 10_000)).toBe(104 + 150);
  expect(
    estimateTokens(
      { kind: "completion", model: "m", prompts: ["abcd", [1, 2, 3]], echo: false, n: 2, sampling: { maxTokens: 5 } },
      10_000,
    ),
  ).toBe(1 + 3 + 2 * 2 * 5);
});

test("the data of an image is not taken for text", () => {
  const image = { type: "image_url" as const, image_url: { url: `data:image/png;base64,${"A".repeat(1_000_000)}` } };
  const content = [{ type: "text" as const, text: "What is this?" }, image];
  expect(estimateTokens(chat({ messages: [{ role: "user", content }] }), 10_000)).toBeLessThan(2_000);
});

test("who names no max_tokens is not taken to want the whole window", () => {
  expect(estimateTokens(chat({ sampling: {} }), 1_000_000)).toBe(104 + 1_024);
  expect(estimateTokens(chat({ sampling: {} }), 1_000)).toBe(104 + 100);
  expect(estimateTokens(chat({ sampling: {} }), 1)).toBe(104 + 1);
});

test("speech has no tokens", () => {
  expect(estimateTokens({ kind: "speech", model: "m", input: "hello", format: "wav" }, 100)).toBe(0);
});

test.each([
  [0, "0s"],
  [1, "1s"],
  [1_000, "1s"],
  [59_001, "1m0s"],
  [61_000, "1m1s"],
  [360_000, "6m0s"],
])("%i ms are written %s", (waitMs, text) => {
  expect(formatWait(waitMs)).toBe(text);
});

test("a limit that there is not has no headers", () => {
  expect(limitHeaders({ tokens: { limit: 10, remaining: 4, resetMs: 1_500 } })).toEqual({
    "x-ratelimit-limit-tokens": "10",
    "x-ratelimit-remaining-tokens": "4",
    "x-ratelimit-reset-tokens": "2s",
  });
});
