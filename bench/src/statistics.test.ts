import { expect, test } from "vitest";
import { median, percentile, shuffle, sum } from "./statistics.ts";

test("a percentile is a value that was measured, by nearest rank", () => {
  const values = [40, 10, 30, 20];
  expect([0, 0.25, 0.5, 0.51, 0.99, 1].map((share) => percentile(values, share))).toEqual([10, 10, 20, 30, 40, 40]);
  expect(percentile([], 0.5)).toBeNaN();
});

test("the median of an even count lies between the two middle values", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("shuffling keeps every value once and leaves the given order alone", () => {
  const values = [1, 2, 3, 4, 5];
  expect(shuffle(values).toSorted()).toEqual(values);
  expect(shuffle(values, () => 0.999)).toEqual([5, 4, 3, 2, 1]);
  expect(sum(shuffle(values))).toBe(15);
});
