/** Where values lie in a chart: the steps of its axis, and outlines of layers and lines in a box of 1 by 1, the origin above on the left. */

const stepsMax = 4;

/** From 0 in round steps to the first one that is not below `highest`. @param isWhole nothing lies between whole numbers, as of things that are counted */
export function axisSteps(highest: number, isWhole = false): number[] {
  if (highest <= 0) return [0, 1];
  const least = highest / stepsMax;
  const power = 10 ** Math.floor(Math.log10(least));
  const fits = (step: number) => step >= least && (!isWhole || Number.isInteger(step));
  const step = [1, 2, 2.5, 5].map((factor) => factor * power).find(fits) ?? 10 * power;
  return Array.from({ length: Math.ceil(highest / step - 1e-9) + 1 }, (_, index) => index * step);
}

/** Undefined: nothing is known. */
export interface Layer {
  from: number;
  to: number;
}

/** Each series on top of the one before. @returns by series, by moment */
export function stack(series: readonly (readonly (number | null)[])[], moments: number): (Layer | undefined)[][] {
  const heights = Array.from({ length: moments }, () => 0);
  return series.map((values) =>
    heights.map((from, index) => {
      const value = values[index] ?? null;
      if (value === null) return undefined;
      heights[index] = from + value;
      return { from, to: from + value };
    }),
  );
}

/** Broken where nothing is known: the stretches of neighbours that are. */
export function stretches<Value>(values: readonly (Value | undefined)[]): { index: number; value: Value }[][] {
  const found: { index: number; value: Value }[][] = [[]];
  for (const [index, value] of values.entries()) {
    if (value === undefined) found.push([]);
    else found.at(-1)?.push({ index, value });
  }
  return found.filter((stretch) => stretch.length > 0);
}
