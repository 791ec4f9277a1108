/** The last 24 hours, hour by hour. */
import { SimpleGrid } from "@mantine/core";
import type { OverviewHour } from "../../../../api/overview.ts";
import { TimeChart } from "../../chart/time-chart.tsx";
import { formatShort } from "../../format/quantity.ts";
import { ChartCard, chartHeightPx } from "../../live/chart-card.tsx";

const time = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const common = {
  kind: "bars" as const,
  heightPx: chartHeightPx,
  formatMoment: (atMs: number) => time.format(atMs),
  formatValue: formatShort,
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

export function HoursCharts({ hours }: { hours: readonly OverviewHour[] }) {
  const rows = hours.map(({ beginsAt, requests, failedRequests, promptTokens, completionTokens }) => ({
    atMs: Date.parse(beginsAt),
    values: {
      answered: requests - failedRequests,
      failed: failedRequests,
      read: promptTokens,
      written: completionTokens,
    },
  }));
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <ChartCard title="Requests, hour by hour" period={period} legend={outcomes}>
        <TimeChart {...common} rows={rows} series={outcomes} />
      </ChartCard>
      <ChartCard title="Tokens, hour by hour" period={period} legend={tokens}>
        <TimeChart {...common} rows={rows} series={tokens} />
      </ChartCard>
    </SimpleGrid>
  );
}
