import type { Usage, UsageSums } from "@tera/admin-api/usage";
import { expect, test } from "vitest";
import { toChart } from "./chart-data.ts";

function sums(change: Partial<UsageSums> = {}): UsageSums {
  const none = { requests: 0, failedRequests: 0, promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
  return { ...none, reasoningTokens: 0, speechCharacters: 0, cost: "0", ...change };
}

const report: Usage = {
  from: "2026-11-20T00:00:00.000Z",
  to: "2026-11-22T12:00:00.000Z",
  interval: "day",
  by: "model",
  rows: [],
  total: sums(),
  series: [
    {
      id: "Qwen/Qwen2.5-7B",
      name: null,
      lastFour: null,
      accountName: null,
      points: [
        { at: "2026-11-20T00:00:00.000Z", ...sums({ cost: "12345678.000000001", requests: 2 }) },
        { at: "2026-11-22T00:00:00.000Z", ...sums({ cost: "0.5", promptTokens: 7, completionTokens: 3 }) },
      ],
    },
    {
      id: "",
      name: null,
      lastFour: null,
      accountName: null,
      points: [{ at: "2026-11-22T00:00:00.000Z", ...sums({ requests: 1 }) }],
    },
  ],
};

test("every day of the period has a column, and its parts are exact", () => {
  const { series, columns } = toChart(report, "cost");
  expect(series.map(({ label }) => label)).toEqual(["Qwen/Qwen2.5-7B", "All others"]);
  expect(columns.map(({ at, parts }) => [at.slice(0, 10), parts.map(({ exact }) => exact)])).toEqual([
    ["2026-11-20", ["12345678.000000001"]],
    ["2026-11-21", []],
    ["2026-11-22", ["0.5"]],
  ]);
  expect(columns[2]?.heights).toEqual({ s0: 0.5 });
  expect(toChart(report, "tokens").columns[2]?.heights).toEqual({ s0: 10 });
});

test("over time alone, tokens and requests are told apart by their kind", () => {
  const point = {
    at: "2026-11-20T00:00:00.000Z",
    ...sums({ requests: 5, failedRequests: 2, promptTokens: 10, cachedTokens: 4, completionTokens: 1 }),
  };
  const overTime: Usage = {
    ...report,
    by: "time",
    series: [{ id: "", name: null, lastFour: null, accountName: null, points: [point] }],
  };
  const first = (measure: "tokens" | "requests") =>
    toChart(overTime, measure).columns[0]?.parts.map(({ series, exact }) => [series.label, exact]);
  expect(first("tokens")).toEqual([
    ["Input", "6"],
    ["Cached input", "4"],
    ["Output", "1"],
  ]);
  expect(first("requests")).toEqual([
    ["Served", "3"],
    ["Failed", "2"],
  ]);
});
