import { expect, test } from "vitest";
import { addUp, subtract } from "./usage-counts.ts";

test("what is left of a total that was read before its parts is never fewer than none", () => {
  const none = addUp([]);
  const total = { ...none, requests: 3, promptTokens: 10, chargeNano: 5n };
  const parts = [{ ...none, requests: 1, promptTokens: 12, chargeNano: 2n }];
  expect(subtract(total, parts)).toEqual({ ...none, requests: 2, chargeNano: 3n });
});
