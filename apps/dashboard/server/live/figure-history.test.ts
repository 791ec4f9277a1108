import { expect, test } from "vitest";
import { newToldFigures } from "../../testing/gateway-figures.ts";
import { createFigureHistory } from "./figure-history.ts";

const begin = Date.UTC(2026, 10, 23, 12);

test("rates are of the last ten seconds, over all gateways; what was counted before we looked is no rate", () => {
  const history = createFigureHistory();
  history.add([
    newToldFigures(begin, { succeeded: 1_000 }),
    newToldFigures(begin + 2_000, { succeeded: 1_010, failed: 2, promptTokens: 500, open: 3, waiting: 1 }),
    newToldFigures(begin, { gatewayId: "g2", succeeded: 5_000 }),
    newToldFigures(begin + 2_000, { gatewayId: "g2", succeeded: 5_010, open: 4 }),
  ]);
  const { figures, gateways } = history.now(begin + 2_500);
  expect(gateways).toBe(2);
  expect(figures).toMatchObject({ succeededPerS: 2, failedPerS: 0.2, promptTokensPerS: 50, open: 7, waiting: 1 });
  // Both are silent.
  expect(history.now(begin + 13_000)).toMatchObject({ gateways: 0, figures: { succeededPerS: 0, open: 0 } });
});

test("times are of the last minute, off by a fifth at the most; without a request there are none", () => {
  const history = createFigureHistory();
  history.add([newToldFigures(begin), newToldFigures(begin + 2_000)]);
  expect(history.now(begin + 2_000).figures).toMatchObject({ ttftP50Ms: null, queueWaitP95Ms: null });
  const ttft = Array.from({ length: 100 }, (_, index) => 10 * (index + 1));
  history.add([newToldFigures(begin + 4_000, { ttft, queueWait: [0, 0, 0, 900_000] })]);
  const { ttftP50Ms, ttftP95Ms, queueWaitP50Ms, queueWaitP95Ms } = history.now(begin + 60_000).figures;
  for (const [told, true_] of [
    [ttftP50Ms, 500],
    [ttftP95Ms, 950],
  ] as const) {
    expect(told).toBeGreaterThan(true_ * 0.8);
    expect(told).toBeLessThan(true_ * 1.2);
  }
  expect(queueWaitP50Ms).toBeLessThanOrEqual(1);
  expect(queueWaitP95Ms).toBeGreaterThan(100_000);
});

test("a gateway that has started again counts from zero, and is never a negative rate", () => {
  const history = createFigureHistory();
  history.add([
    newToldFigures(begin, { succeeded: 100 }),
    newToldFigures(begin + 2_000, { startedAtMs: 2, succeeded: 3 }),
  ]);
  expect(history.now(begin + 2_000).figures.succeededPerS).toBe(0.3);
});

test("what was counted while nobody was told makes no peak", () => {
  const history = createFigureHistory();
  history.add([newToldFigures(begin), newToldFigures(begin + 60_000, { succeeded: 6_000 })]);
  expect(history.now(begin + 60_000).figures.succeededPerS).toBe(0);
});

test("points are of twenty seconds, told when they are complete, and of the last hour only", () => {
  const history = createFigureHistory();
  const told = Array.from({ length: 2_000 }, (_, step) =>
    newToldFigures(begin + 2_000 * step, { succeeded: 4 * step }),
  );
  history.add(told);
  const end = begin + 2_000 * 1_999;
  const points = history.points(end);
  expect(points).toHaveLength(180);
  expect(points.every(({ succeededPerS }) => succeededPerS === 2)).toBe(true);
  const last = points.at(-1)?.beginsAt ?? "";
  expect(Date.parse(last)).toBeLessThanOrEqual(end - 20_000);
  expect(history.points(end, Date.parse(last))).toEqual([]);
  expect(history.points(end + 20_000, Date.parse(last))).toHaveLength(1);
});
