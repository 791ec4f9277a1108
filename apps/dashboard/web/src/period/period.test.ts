import { expect, test } from "vitest";
import { daysOf, rangeOf } from "./period.ts";

const now = Date.parse("2026-11-23T17:45:12.345Z");

test.for([
  [{ period: "24h" }, { from: "2026-11-22T18:00:00.000Z" }],
  [{ period: "7d" }, { from: "2026-11-17T00:00:00.000Z" }],
  [{ period: "30d" }, { from: "2026-10-25T00:00:00.000Z" }],
  [{ period: "month" }, { from: "2026-11-01T00:00:00.000Z" }],
  [
    { period: "custom", from: "2026-11-01", to: "2026-11-01" },
    { from: "2026-11-01T00:00:00.000Z", to: "2026-11-02T00:00:00.000Z" },
  ],
  [{ period: "custom", from: "2026-11-01" }, { from: "2026-11-01T00:00:00.000Z" }],
  [{}, {}],
] as const)("%j is %j, whatever the minute", ([period, range]) => {
  expect(rangeOf(period, now)).toEqual(range);
});

test("days are counted, the unfinished one too", () => {
  expect(daysOf(rangeOf({ period: "30d" }, now), now)).toBe(30);
  expect(daysOf({ from: "2026-11-01T00:00:00Z", to: "2026-11-03T00:00:00Z" }, now)).toBe(2);
  expect(daysOf({}, now)).toBe(Number.POSITIVE_INFINITY);
});
