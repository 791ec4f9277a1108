import { expect, test } from "vitest";
import { countUsageErrors } from "./usage-errors.ts";

test("every answer has its usage record; requests that were cut off may have one", () => {
  expect(countUsageErrors({ answered: 100, cutOffMax: 8, records: 100 })).toBe(0);
  expect(countUsageErrors({ answered: 100, cutOffMax: 8, records: 108 })).toBe(0);
});

test("a lost record is an error, and so is one too many", () => {
  expect(countUsageErrors({ answered: 100, cutOffMax: 8, records: 98 })).toBe(2);
  expect(countUsageErrors({ answered: 100, cutOffMax: 8, records: 111 })).toBe(3);
});
