/** The last hour in four charts. */
import { SimpleGrid } from "@mantine/core";
import { memo } from "react";
import type { LivePoint } from "../../../../api/live.ts";
import { TimeChart } from "../../chart/time-chart.tsx";
import { formatMs } from "../../format/milliseconds.ts";
import { formatShort } from "../../format/quantity.ts";
import { ChartCard, chartHeightPx } from "../../live/chart-card.tsx";
import { failuresPerS } from "../../live/failures.ts";
import { type FilledPoint, fillHistory } from "../../live/fill-history.ts";

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const common = { heightPx: chartHeightPx, formatMoment: (atMs: number) => time.format(atMs), formatValue: formatShort };
const period = "the last hour";

const outcomes = [
  { name: "succeededPerS", label: "Answered", color: "tera.6" },
  { name: "failuresPerS", label: "Failed", color: "red.6" },
  { name: "cancelledPerS", label: "Client left", color: "gray.5" },
  { name: "limitedPerS", label: "Refused by limits", color: "orange.6" },
  { name: "refusedPerS", label: "Refused otherwise", color: "grape.5" },
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
export const HistoryCharts = memo(function HistoryCharts({ history, everyS }: HistoryChartsProps) {
  const rows = fillHistory(history, everyS).map(toRow);
  const empty =
    rows.length === 0 ? "No gateway has told anything in the last hour. The first point takes 20 s." : undefined;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <ChartCard title="Requests per second" period={period} legend={outcomes} empty={empty}>
        <TimeChart {...common} kind="layers" rows={rows} series={outcomes} />
      </ChartCard>
      <ChartCard title="Tokens per second" period={period} legend={tokens} empty={empty}>
        <TimeChart {...common} kind="areas" rows={rows} series={tokens} />
      </ChartCard>
      <ChartCard title="Time to first token" period={period} legend={times} empty={empty}>
        <TimeChart {...common} kind="lines" formatValue={formatMs} rows={rows} series={times} />
      </ChartCard>
      <ChartCard title="Open requests" period={period} legend={requests} empty={empty}>
        <TimeChart {...common} kind="layers" rows={rows} series={requests} />
      </ChartCard>
    </SimpleGrid>
  );
});

function toRow({ atMs, point }: FilledPoint) {
  if (point === undefined) return { atMs, values: {} };
  const { beginsAt: _beginsAt, ...figures } = point;
  const running = Math.max(0, point.open - point.waiting);
  return { atMs, values: { ...figures, failuresPerS: failuresPerS(point), running } };
}
