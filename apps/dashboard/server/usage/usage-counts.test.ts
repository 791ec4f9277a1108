import { expect, test } from "vitest";
import { subtract } from "./usage-counts.ts";

test("what is left of a total that was read before its parts is never fewer than none", () => {
  const none = {
    requests: 0,
    failedRequests: 0,
    promptTokens: 0,
    cachedTokens: 0,
    completionTokens: 0,
    reasoningTokens: 0,
    speechCharacters: 0,
    chargeNano: 0n,
    correctionNano: 0n,
  };
  const total = { ...none, requests: 3, promptTokens: 10, chargeNano: 5n };
  const parts = [{ ...none, requests: 1, promptTokens: 12, chargeNano: 2n }];
  expect(subtract(total, parts)).toEqual({ ...none, requests: 2, chargeNano: 3n });
});
