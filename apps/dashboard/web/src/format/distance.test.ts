import { expect, test } from "vitest";
import { formatAgo } from "./distance.ts";

const now = Date.parse("2026-11-23T12:00:00Z");
const at = (seconds: number) => new Date(now + seconds * 1_000).toISOString();

test("a distance is told in the largest unit that fits, and rounded to it", () => {
  const told = [-5, -100, -7_000, 86_400 * 20, 86_400 * 90 - 1, -86_400 * 400].map((seconds) =>
    formatAgo(at(seconds), now),
  );
  expect(told).toEqual(["just now", "2 minutes ago", "2 hours ago", "in 20 days", "in 3 months", "13 months ago"]);
});
