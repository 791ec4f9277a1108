import { expect, test } from "vitest";
import type { LivePoint } from "../../../api/live.ts";
import { fillHistory } from "./fill-history.ts";

const at = (minute: number, second: number) => new Date(Date.UTC(2026, 10, 23, 12, minute, second)).toISOString();
const point = (beginsAt: string): LivePoint => ({
  beginsAt,
  succeededPerS: 1,
  failedPerS: 0,
  cancelledPerS: 0,
  limitedPerS: 0,
  refusedPerS: 0,
  unservedPerS: 0,
  promptTokensPerS: 0,
  completionTokensPerS: 0,
  ttftP50Ms: null,
  ttftP95Ms: null,
  queueWaitP50Ms: null,
  queueWaitP95Ms: null,
  open: 0,
  waiting: 0,
});

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
