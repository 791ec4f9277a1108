/** The last hour in four charts. Loaded apart: the charting library is as large as all the rest. */
import "@mantine/charts/styles.layer.css";
import { AreaChart, LineChart } from "@mantine/charts";
import { SimpleGrid } from "@mantine/core";
import { memo } from "react";
import type { LivePoint } from "../../../../api/live.ts";
import { formatMs } from "../../format/milliseconds.ts";
import { formatShort } from "../../format/quantity.ts";
import { ChartCard, chartHeightPx } from "../../live/chart-card.tsx";
import { type FilledPoint, fillHistory } from "../../live/fill-history.ts";

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
/** A tooltip that points at nothing yet has no label. */
const nameOf = (at: unknown) => (typeof at === "number" ? time.format(at) : "");

const axes = {
  dataKey: "at",
  h: chartHeightPx,
  tickLine: "none" as const,
  strokeWidth: 1.5,
  withDots: false,
  curveType: "linear" as const,
  xAxisProps: { tickFormatter: nameOf, minTickGap: 48 },
  yAxisProps: { width: 66 },
  tooltipProps: { labelFormatter: nameOf },
};
/** New points appear; nothing glides. */
const still = { isAnimationActive: false };
/** Without lines: that of a thin layer would cover it. */
const layers = {
  type: "stacked" as const,
  fillOpacity: 0.7,
  connectNulls: false,
  areaProps: { ...still, strokeWidth: 0 },
};
const period = "the last hour";

const outcomes = [
  { name: "succeededPerS", label: "Answered", color: "tera.6" },
  { name: "failedPerS", label: "Failed", color: "red.6" },
  { name: "cancelledPerS", label: "Client left", color: "gray.5" },
  { name: "limitedPerS", label: "Refused by limits", color: "orange.6" },
];
const tokens = [
  { name: "completionTokensPerS", label: "Written", color: "tera.6" },
  { name: "promptTokensPerS", label: "Read", color: "blue.5" },
];
const times = [
  { name: "ttftP50Ms", label: "Half are faster", color: "blue.5" },
  { name: "ttftP95Ms", label: "19 of 20 are faster", color: "grape.5" },
];
const requests = [
  { name: "running", label: "Running", color: "tera.6" },
  { name: "waiting", label: "Waiting for a slot", color: "orange.6" },
];

export interface HistoryChartsProps {
  history: readonly LivePoint[];
  everyS: number;
}

/** Drawn again when a point is added, not with every snapshot. */
const HistoryCharts = memo(function HistoryCharts({ history, everyS }: HistoryChartsProps) {
  const filled = fillHistory(history, everyS);
  const empty =
    filled.length === 0 ? "No gateway has told anything in the last hour. The first point takes 20 s." : undefined;
  const data = toData(filled);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <ChartCard title="Requests per second" period={period} legend={outcomes} empty={empty}>
        <AreaChart {...axes} {...layers} valueFormatter={formatShort} data={data} series={outcomes} />
      </ChartCard>
      <ChartCard title="Tokens per second" period={period} legend={tokens} empty={empty}>
        <AreaChart
          {...axes}
          connectNulls={false}
          areaProps={still}
          valueFormatter={formatShort}
          data={data}
          series={tokens}
        />
      </ChartCard>
      <ChartCard title="Time to first token" period={period} legend={times} empty={empty}>
        <LineChart {...axes} connectNulls lineProps={still} valueFormatter={formatMs} data={data} series={times} />
      </ChartCard>
      <ChartCard title="Open requests" period={period} legend={requests} empty={empty}>
        <AreaChart {...axes} {...layers} valueFormatter={formatShort} data={data} series={requests} />
      </ChartCard>
    </SimpleGrid>
  );
});
export default HistoryCharts;

function toData(filled: readonly FilledPoint[]) {
  return filled.map(({ atMs, point }) => {
    if (point === undefined) return { at: atMs };
    return { ...point, at: atMs, running: Math.max(0, point.open - point.waiting) };
  });
}
