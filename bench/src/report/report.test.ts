import { expect, test } from "vitest";
import { renderReport } from "./report.ts";

const report = {
  columns: [
    { header: "target", value: ({ target }: { target: string; p50Ms: number }) => target },
    { header: "p50 ms", value: ({ p50Ms }: { target: string; p50Ms: number }) => p50Ms.toFixed(2) },
  ],
  rows: [
    { target: "direct", p50Ms: 0.021_234 },
    { target: "tera", p50Ms: 10.5 },
  ],
  setup: ["engine: nginx 1.22.1"],
};

test("the table for people is aligned", () => {
  expect(renderReport(report, "table")).toBe("target  p50 ms\ndirect    0.02\ntera     10.50");
});

test("JSON has the rows and nothing else, to the microsecond", () => {
  expect(JSON.parse(renderReport(report, "json"))).toEqual([
    { target: "direct", p50Ms: 0.021 },
    { target: "tera", p50Ms: 10.5 },
  ]);
});

test("Markdown names the machine and what was measured with what", () => {
  const text = renderReport(report, "markdown");
  expect(text).toMatch(/^\d+ cores \(.+\), \d+ GiB, Node \S+\. engine: nginx 1\.22\.1\.\n\n/);
  expect(text).toContain("| target | p50 ms |\n| --- | --: |\n| direct | 0.02 |\n| tera | 10.50 |");
});
