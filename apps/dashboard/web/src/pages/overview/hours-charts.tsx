/** The last 24 hours, hour by hour. Loaded apart: the charting library is as large as all the rest. */
import "@mantine/charts/styles.layer.css";
import { BarChart } from "@mantine/charts";
import { SimpleGrid } from "@mantine/core";
import type { OverviewHour } from "../../../../api/overview.ts";
import { formatShort } from "../../format/quantity.ts";
import { ChartCard, chartHeightPx } from "../../live/chart-card.tsx";

const time = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
/** A tooltip that points at nothing yet has no label. */
const nameOf = (beginsAt: unknown) => (typeof beginsAt === "string" ? time.format(new Date(beginsAt)) : "");

const axes = {
  h: chartHeightPx,
  type: "stacked" as const,
  dataKey: "beginsAt",
  tickLine: "none" as const,
  valueFormatter: formatShort,
  xAxisProps: { tickFormatter: nameOf, minTickGap: 32 },
  yAxisProps: { width: 66 },
  tooltipProps: { labelFormatter: nameOf },
  barProps: { isAnimationActive: false },
  maxBarWidth: 28,
};

const period = "the last 24 hours";
const outcomes = [
  { name: "answered", label: "Answered", color: "tera.6" },
  { name: "failed", label: "Failed", color: "red.6" },
];
const tokens = [
  { name: "written", label: "Written", color: "tera.6" },
  { name: "read", label: "Read", color: "blue.5" },
];

export default function HoursCharts({ hours }: { hours: readonly OverviewHour[] }) {
  const data = hours.map(({ beginsAt, requests, failedRequests, promptTokens, completionTokens }) => ({
    beginsAt,
    answered: requests - failedRequests,
    failed: failedRequests,
    read: promptTokens,
    written: completionTokens,
  }));
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <ChartCard title="Requests, hour by hour" period={period} legend={outcomes}>
        <BarChart {...axes} data={data} series={outcomes} />
      </ChartCard>
      <ChartCard title="Tokens, hour by hour" period={period} legend={tokens}>
        <BarChart {...axes} data={data} series={tokens} />
      </ChartCard>
    </SimpleGrid>
  );
}
