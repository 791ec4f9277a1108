import { expect, test } from "vitest";
import { formatMoment, parseMoment, parsePast } from "./moment.ts";

const now = new Date("2026-11-23T12:00:00Z");

test.for([
  ["2026-11-01", "2026-11-01T00:00:00.000Z"],
  ["2026-11-01T12:30", "2026-11-01T12:30:00.000Z"],
  ["2026-11-01 12:30:15", "2026-11-01T12:30:15.000Z"],
  ["2026-11-01T12:30:15.25Z", "2026-11-01T12:30:15.250Z"],
  ["2026-11-01T12:30+01:00", "2026-11-01T11:30:00.000Z"],
  ["36h", "2026-11-22T00:00:00.000Z"],
  ["2w", "2026-11-09T12:00:00.000Z"],
] as const)("%s is %s", ([text, expected]) => expect(parsePast(text, now)?.toISOString()).toBe(expected));

test.for(["", "now", "2026-11", "2026-02-30", "2026-13-01", "2026-11-01T25:00", "01.11.2026", "-3d", "3m"])(
  "%j is no moment",
  (text) => expect(parsePast(text, now)).toBeUndefined(),
);

test("how long ago counts only where the past is asked for", () => expect(parseMoment("3d")).toBeUndefined());

test("a moment is shown with its zone", () => {
  expect(formatMoment(new Date("2026-11-01T12:30:00Z"))).toBe("2026-11-01 12:30 UTC");
  expect(formatMoment(new Date("2026-11-01T12:30:15.250Z"))).toBe("2026-11-01 12:30:15 UTC");
});
