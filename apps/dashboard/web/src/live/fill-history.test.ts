import { expect, test } from "vitest";
import type { LivePoint } from "../../../api/live.ts";
import { quietFigures } from "../../../testing/live-figures.ts";
import { fillHistory } from "./fill-history.ts";

const at = (minute: number, second: number) => new Date(Date.UTC(2026, 10, 23, 12, minute, second)).toISOString();
const point = (beginsAt: string): LivePoint => ({ ...quietFigures, beginsAt });

test("what nobody told is a gap on an even grid that ends with the newest point", () => {
  const filled = fillHistory([point(at(0, 0)), point(at(1, 0))], 20);
  expect(filled).toHaveLength(180);
  expect(filled.slice(-5).map(({ point }) => point?.beginsAt)).toEqual([
    undefined,
    at(0, 0),
    undefined,
    undefined,
    at(1, 0),
  ]);
  expect(fillHistory([], 20)).toEqual([]);
});
