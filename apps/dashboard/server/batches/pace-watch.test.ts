import { expect, test } from "vitest";
import { createPaceWatch } from "./pace-watch.ts";

const minuteMs = 60_000;

test("the first look tells the mean since the beginning, later ones that of the last minutes", () => {
  const watch = createPaceWatch();
  const at = (minutes: number, done: number) =>
    watch.look({ batchId: "batch_1", done, sinceMs: 0 }, minutes * minuteMs);
  expect(at(0.01, 0)).toBeUndefined();
  expect(at(60, 600)).toEqual({ linesPerMs: 10 / minuteMs, overMs: 60 * minuteMs });
  expect(at(64, 1_000)).toMatchObject({ overMs: 64 * minuteMs });
  expect(at(66, 1_200)).toEqual({ linesPerMs: 100 / minuteMs, overMs: 6 * minuteMs });
});

test("while it stood does not count", () => {
  const watch = createPaceWatch();
  watch.look({ batchId: "batch_1", done: 10, sinceMs: 0 }, minuteMs);
  watch.stand({ batchId: "batch_1", done: 10 }, 60 * minuteMs);
  expect(watch.look({ batchId: "batch_1", done: 20, sinceMs: 0 }, 61 * minuteMs)).toEqual({
    linesPerMs: 10 / minuteMs,
    overMs: minuteMs,
  });
});
