/** A bar for each day. Bars are drawn from rounded numbers; what is told of a day is exact. */
import "@mantine/charts/styles.layer.css";
import { BarChart } from "@mantine/charts";
import { Paper, Text } from "@mantine/core";
import type { UsageOfDay } from "../../../api/daily-usage.ts";
import { formatCount, formatShort } from "../format/quantity.ts";
import { Usd } from "../format/usd.tsx";

export type Measure = "cost" | "requests" | "tokens";

const dayName = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const nameOf = (day: string) => dayName.format(new Date(`${day}T00:00:00Z`));

const series = {
  cost: [{ name: "cost", label: "Cost", color: "tera.6" }],
  requests: [
    { name: "succeeded", label: "Answered", color: "tera.6" },
    { name: "failed", label: "Failed", color: "red.6" },
  ],
  tokens: [
    { name: "prompt", label: "Input", color: "blue.5" },
    { name: "completion", label: "Output", color: "tera.6" },
  ],
};

export interface DailyUsageChartProps {
  days: readonly UsageOfDay[];
  measure: Measure;
  heightPx: number;
}

export function DailyUsageChart({ days, measure, heightPx }: DailyUsageChartProps) {
  const byDay = new Map(days.map((usage) => [usage.day, usage]));
  return (
    <BarChart
      h={heightPx}
      type="stacked"
      data={days.map((usage) => ({
        day: usage.day,
        cost: Number(usage.cost),
        succeeded: usage.requests - usage.failedRequests,
        failed: usage.failedRequests,
        prompt: usage.promptTokens,
        completion: usage.completionTokens,
      }))}
      dataKey="day"
      series={series[measure]}
      valueFormatter={(value) => (measure === "cost" ? `$${formatShort(value)}` : formatShort(value))}
      xAxisProps={{ tickFormatter: nameOf, minTickGap: 24 }}
      yAxisProps={{ width: 64 }}
      tooltipProps={{ content: ({ label }) => <DayTold usage={byDay.get(String(label))} /> }}
      maxBarWidth={28}
    />
  );
}

function DayTold({ usage }: { usage: UsageOfDay | undefined }) {
  if (usage === undefined) return null;
  const { day, requests, failedRequests, promptTokens, completionTokens, cost } = usage;
  return (
    <Paper withBorder shadow="md" px="sm" py="xs">
      <Text size="xs" fw={600}>
        {nameOf(day)} (UTC)
      </Text>
      <Text size="xs">
        <Usd amount={cost} />
      </Text>
      <Text size="xs">
        {formatCount(requests)} requests{failedRequests > 0 && `, ${formatCount(failedRequests)} failed`}
      </Text>
      <Text size="xs">
        {formatCount(promptTokens)} input tokens, {formatCount(completionTokens)} output tokens
      </Text>
    </Paper>
  );
}
