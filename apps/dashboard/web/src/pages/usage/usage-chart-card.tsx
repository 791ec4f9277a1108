/** The chart of a report, which is fetched when it is needed, and what it shows. */
import { Box, Card, Center, Group, SegmentedControl, Skeleton, Text, Title } from "@mantine/core";
import type { Usage } from "@tera/admin-api/usage";
import { lazy, Suspense } from "react";
import { type Measure, measures } from "./usage-search.ts";

const UsageChart = lazy(() => import("./usage-chart.tsx").then((file) => ({ default: file.UsageChart })));

const heightPx = 280;
const words: Record<Measure, string> = { cost: "Cost", tokens: "Tokens", requests: "Requests" };

export interface UsageChartCardProps {
  usage: Usage;
  measure: Measure;
  onMeasure(measure: Measure): void;
  mayHours: boolean;
  onInterval(interval: Usage["interval"]): void;
}

export function UsageChartCard({ usage, measure, onMeasure, mayHours, onInterval }: UsageChartCardProps) {
  const { interval, total } = usage;
  return (
    <Card withBorder padding="md" component="section" aria-label={`${words[measure]} over time`}>
      <Group justify="space-between" mb="md" gap="sm">
        <Title order={2} size="h5">
          {words[measure]} by the {interval}
        </Title>
        <Group gap="xs">
          {mayHours && (
            <SegmentedControl
              aria-label="Step"
              size="xs"
              data={[
                { value: "hour", label: "Hours" },
                { value: "day", label: "Days" },
              ]}
              value={interval}
              onChange={(chosen) => onInterval(chosen === "hour" ? "hour" : "day")}
            />
          )}
          <SegmentedControl
            aria-label="What the chart shows"
            size="xs"
            data={measures.map((each) => ({ value: each, label: words[each] }))}
            value={measure}
            onChange={(chosen) => onMeasure(measures.find((each) => each === chosen) ?? "cost")}
          />
        </Group>
      </Group>
      {total.requests === 0 ? (
        <Center h={120}>
          <Text size="sm" c="dimmed">
            Nothing was used in this period.
          </Text>
        </Center>
      ) : (
        <Box mih={heightPx}>
          <Suspense fallback={<Skeleton h={heightPx} />}>
            <UsageChart usage={usage} measure={measure} heightPx={heightPx} />
          </Suspense>
        </Box>
      )}
    </Card>
  );
}
