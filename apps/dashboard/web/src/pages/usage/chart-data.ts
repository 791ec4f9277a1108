/** A report of usage as a chart draws it: a column for each hour or day, those without usage too. Columns are drawn from rounded numbers; what is told of them is exact. */
import type { Usage, UsageSums } from "@tera/admin-api/usage";
import type { Measure } from "./usage-search.ts";

export interface ChartSeries {
  /** Safe as a field's name, which models' ids are not. */
  name: string;
  label: string;
  color: string;
}

export interface ChartPart {
  series: ChartSeries;
  /** Cost: USD as a decimal string; else a count. */
  exact: string;
}

export interface ChartColumn {
  at: string;
  /** Of each series, by its name. */
  heights: Record<string, number>;
  /** Those that are not zero. */
  parts: ChartPart[];
}

export interface ChartData {
  series: ChartSeries[];
  columns: ChartColumn[];
}

const stepMs = { day: 86_400_000, hour: 3_600_000 };
const colors = ["tera.7", "blue.6", "orange.5", "grape.6", "cyan.6", "pink.5", "lime.7"];
const othersColor = "gray.5";

/** What a column is made of where usage is not told apart by model, key or account. */
const kinds: Record<Measure, { label: string; color: string; read: (sums: UsageSums) => string }[]> = {
  cost: [{ label: "Cost", color: "tera.7", read: ({ cost }) => cost }],
  tokens: [
    {
      label: "Input",
      color: "blue.6",
      read: ({ promptTokens, cachedTokens }) => String(promptTokens - cachedTokens),
    },
    { label: "Cached input", color: "cyan.4", read: ({ cachedTokens }) => String(cachedTokens) },
    { label: "Output", color: "tera.7", read: ({ completionTokens }) => String(completionTokens) },
  ],
  requests: [
    { label: "Served", color: "tera.7", read: ({ requests, failedRequests }) => String(requests - failedRequests) },
    { label: "Failed", color: "red.6", read: ({ failedRequests }) => String(failedRequests) },
  ],
};

function measured(measure: Measure, { cost, promptTokens, completionTokens, requests }: UsageSums): string {
  return measure === "cost" ? cost : String(measure === "tokens" ? promptTokens + completionTokens : requests);
}

export function toChart(usage: Usage, measure: Measure): ChartData {
  const [all] = usage.series;
  const sources =
    usage.by === "time"
      ? kinds[measure].map(({ label, color, read }) => ({ label, color, points: all?.points ?? [], read }))
      : usage.series.map(({ id, name, lastFour, points }, index) => ({
          label: id === "" ? "All others" : `${name ?? id}${lastFour === null ? "" : ` ····${lastFour}`}`,
          color: id === "" ? othersColor : (colors[index % colors.length] ?? othersColor),
          points,
          read: (sums: UsageSums) => measured(measure, sums),
        }));
  const columns = emptyColumns(usage);
  const series = sources.map(({ label, color }, index) => ({ name: `s${index}`, label, color }));
  for (const [index, { points, read }] of sources.entries()) {
    const one = series[index];
    if (one === undefined) continue;
    for (const point of points) {
      const column = columns.get(point.at);
      const exact = read(point);
      if (column === undefined || Number(exact) === 0) continue;
      column.heights[one.name] = Number(exact);
      column.parts.push({ series: one, exact });
    }
  }
  return { series, columns: [...columns.values()] };
}

function emptyColumns({ from, to, interval }: Usage): Map<string, ChartColumn> {
  const columns = new Map<string, ChartColumn>();
  for (let ms = Date.parse(from); ms < Date.parse(to); ms += stepMs[interval]) {
    const at = new Date(ms).toISOString();
    columns.set(at, { at, heights: {}, parts: [] });
  }
  return columns;
}
