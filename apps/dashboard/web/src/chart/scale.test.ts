import { expect, test } from "vitest";
import { axisSteps, stack, stretches } from "./scale.ts";

test("the axis has round steps from 0 to what is not below the highest value", () => {
  expect(axisSteps(0)).toEqual([0, 1]);
  expect(axisSteps(4)).toEqual([0, 1, 2, 3, 4]);
  expect(axisSteps(4.1)).toEqual([0, 2, 4, 6]);
  expect(axisSteps(930)).toEqual([0, 250, 500, 750, 1_000]);
  expect(axisSteps(2)).toEqual([0, 0.5, 1, 1.5, 2]);
  expect(axisSteps(2, true)).toEqual([0, 1, 2]);
  expect(axisSteps(9, true)).toEqual([0, 5, 10]);
  for (const highest of [0.003, 0.7, 12, 99, 1_234, 5e9]) {
    const steps = axisSteps(highest);
    expect(steps.at(-1)).toBeGreaterThanOrEqual(highest);
    expect(steps.length).toBeGreaterThan(2);
    expect(steps.length).toBeLessThan(7);
  }
});

test("layers lie on each other, and what is not known breaks them", () => {
  const [low, high] = stack(
    [
      [1, null, 3],
      [2, null, 1],
    ],
    3,
  );
  expect(low).toEqual([{ from: 0, to: 1 }, undefined, { from: 0, to: 3 }]);
  expect(high).toEqual([{ from: 1, to: 3 }, undefined, { from: 3, to: 4 }]);
  expect(stretches(low ?? []).map((stretch) => stretch.map(({ index }) => index))).toEqual([[0], [2]]);
});
