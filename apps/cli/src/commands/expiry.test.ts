import { expect, test } from "vitest";
import { parseExpiry } from "./expiry.ts";

const now = new Date("2026-11-23T10:00:00Z");

test.for([
  ["12h", "2026-11-23T22:00:00.000Z"],
  ["30d", "2026-12-23T10:00:00.000Z"],
  ["8w", "2027-01-18T10:00:00.000Z"],
  ["2027-01-31", "2027-01-31T00:00:00.000Z"],
  ["2027-01-31T12:00Z", "2027-01-31T12:00:00.000Z"],
  ["2027-01-31T12:00:30+02:00", "2027-01-31T10:00:30.000Z"],
])("%s is %s", ([text, expected]) => {
  expect(parseExpiry(text ?? "", now)?.toISOString()).toBe(expected);
});

test.for(["", "soon", "0d", "30", "30m", "-1d", "2026-11-22", "2027-02-30", "2027-13-01", "31.01.2027", "999999d"])(
  "%s is refused",
  (text) => {
    expect(parseExpiry(text, now)).toBeUndefined();
  },
);
