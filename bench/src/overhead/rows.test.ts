import { expect, test } from "vitest";
import type { TargetName } from "../targets/target.ts";
import { type Measurement, toOverheadRows } from "./rows.ts";

function measured(target: TargetName, round: number, p50Ms: number, errors = 0): Measurement {
  const result = { requests: 100, requestsPerSecond: 1_000 / p50Ms, p50Ms, p99Ms: 2 * p50Ms, errors };
  return { target, clients: 8, round, result };
}

test("what is added is compared within a round, so that a machine that slows down adds nothing", () => {
  const rows = toOverheadRows([
    measured("direct", 1, 1),
    measured("tera", 1, 2),
    // The machine is ten times slower in this round and the next.
    measured("tera", 2, 11),
    measured("direct", 2, 10),
    measured("direct", 3, 10),
    measured("tera", 3, 11),
  ]);
  expect(rows.map(({ target, addedP50Ms }) => [target, addedP50Ms])).toEqual([
    ["direct", 0],
    ["tera", 1],
  ]);
  expect(rows[1]).toMatchObject({ clients: 8, p50Ms: 11, p99Ms: 22 });
});

test("errors of all rounds are counted", () => {
  const [row] = toOverheadRows([measured("direct", 1, 1, 2), measured("direct", 2, 1, 3)]);
  expect(row?.errors).toBe(5);
});

test("a target without its direct measurement has no row, but an error", () => {
  expect(() => toOverheadRows([measured("tera", 1, 2)])).toThrow("nothing to compare with");
});
