/** Stacked columns, or an area where there are too many for columns. The table below has the same figures. */
import "@mantine/charts/styles.layer.css";
import { AreaChart, BarChart } from "@mantine/charts";
import { ColorSwatch, Group, getThemeColor, Paper, Stack, Text, useMantineTheme } from "@mantine/core";
import type { Usage } from "@tera/admin-api/usage";
import { formatCount, formatShort } from "../../format/quantity.ts";
import { formatStep } from "../../format/step.ts";
import { Usd } from "../../format/usd.tsx";
import { type ChartColumn, type ChartSeries, toChart } from "./chart-data.ts";
import type { Measure } from "./usage-search.ts";

const columnsMax = 120;

export interface UsageChartProps {
  usage: Usage;
  measure: Measure;
  heightPx: number;
}

export function UsageChart({ usage, measure, heightPx }: UsageChartProps) {
  const { series, columns } = toChart(usage, measure);
  const byMoment = new Map(columns.map((column) => [column.at, column]));
  const common = {
    h: heightPx,
    type: "stacked" as const,
    data: columns.map(({ at, heights }) => ({
      at,
      ...Object.fromEntries(series.map(({ name }) => [name, 0])),
      ...heights,
    })),
    dataKey: "at",
    series,
    valueFormatter: (value: number) => (measure === "cost" ? `$${formatShort(value)}` : formatShort(value)),
    xAxisProps: { tickFormatter: (at: string) => formatStep(at, usage.interval), minTickGap: 28 },
    yAxisProps: { width: 60 },
    tooltipProps: {
      content: ({ label }: { label?: string | number | undefined }) => (
        <Told column={byMoment.get(String(label))} interval={usage.interval} measure={measure} />
      ),
    },
  };
  return (
    <Stack gap="sm">
      {columns.length > columnsMax ? (
        <AreaChart {...common} withDots={false} fillOpacity={0.85} strokeWidth={0} curveType="linear" />
      ) : (
        <BarChart {...common} maxBarWidth={36} />
      )}
      {series.length > 1 && <Legend series={series} />}
    </Stack>
  );
}

function Legend({ series }: { series: readonly ChartSeries[] }) {
  return (
    <Group gap="md" justify="center">
      {series.map(({ name, label, color }) => (
        <Group key={name} gap={6} wrap="nowrap" maw={260}>
          <Swatch color={color} />
          <Text size="xs" c="dimmed" truncate>
            {label}
          </Text>
        </Group>
      ))}
    </Group>
  );
}

function Swatch({ color }: { color: string }) {
  return <ColorSwatch size={10} withShadow={false} color={getThemeColor(color, useMantineTheme())} />;
}

interface ToldProps {
  column: ChartColumn | undefined;
  interval: Usage["interval"];
  measure: Measure;
}

function Told({ column, interval, measure }: ToldProps) {
  if (column === undefined) return null;
  return (
    <Paper withBorder shadow="md" px="sm" py="xs" maw={320}>
      <Text size="xs" fw={600} mb={4}>
        {formatStep(column.at, interval)}
        {interval === "day" && " (UTC)"}
      </Text>
      {column.parts.length === 0 && (
        <Text size="xs" c="dimmed">
          Nothing was used.
        </Text>
      )}
      {column.parts.map(({ series, exact }) => (
        <Group key={series.name} justify="space-between" gap="lg" wrap="nowrap">
          <Group gap={6} wrap="nowrap" miw={0}>
            <Swatch color={series.color} />
            <Text size="xs" truncate>
              {series.label}
            </Text>
          </Group>
          <Text size="xs">{measure === "cost" ? <Usd amount={exact} /> : formatCount(Number(exact))}</Text>
        </Group>
      ))}
    </Paper>
  );
}
