import { expect, test } from "vitest";
import { newRequestId, randomBase62 } from "./request-id.ts";

test("ids are different, and need no escaping anywhere", () => {
  const ids = Array.from({ length: 1_000 }, newRequestId);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^req_[0-9A-Za-z]{22}$/);
});

test("every character of the alphabet is about equally frequent", () => {
  const counts = new Map<string, number>();
  for (const character of randomBase62(62_000)) counts.set(character, (counts.get(character) ?? 0) + 1);
  expect(counts.size).toBe(62);
  // 1,000 each; six standard deviations are 190.
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(190);
});
