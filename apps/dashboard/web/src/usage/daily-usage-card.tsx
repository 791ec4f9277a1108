/** What was used and spent on each of the last 30 days: the sums, and a chart that is fetched when it is needed. */

import { Anchor, Box, Card, Group, SegmentedControl, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { dailyUsageQuery } from "../api/daily-usage.ts";
import { formatCount } from "../format/quantity.ts";
import { Usd } from "../format/usd.tsx";
import { NotLoaded } from "../list/not-loaded.tsx";
import type { Measure } from "./daily-usage-chart.tsx";

const DailyUsageChart = lazy(() =>
  import("./daily-usage-chart.tsx").then((file) => ({ default: file.DailyUsageChart })),
);

const chartHeightPx = 240;
const measures: { value: Measure; label: string }[] = [
  { value: "cost", label: "Cost" },
  { value: "requests", label: "Requests" },
  { value: "tokens", label: "Tokens" },
];

export function DailyUsageCard({ of }: { of: { keyId: string } | { accountId: string } }) {
  const usage = useQuery(dailyUsageQuery(of));
  const [measure, setMeasure] = useState<Measure>("cost");
  return (
    <Card withBorder padding="md" component="section" aria-label="Usage of the last 30 days">
      <Group justify="space-between" mb="md">
        <Title order={2} size="h4">
          Last 30 days
        </Title>
        <Group gap="md">
          <Anchor size="sm" renderRoot={(props) => <Link to="/requests" search={of} {...props} />}>
            Requests
          </Anchor>
          <Anchor size="sm" renderRoot={(props) => <Link to="/usage" search={of} {...props} />}>
            Usage
          </Anchor>
          <SegmentedControl
            aria-label="What the chart shows"
            size="xs"
            data={measures}
            value={measure}
            onChange={(chosen) => setMeasure(chosen as Measure)}
          />
        </Group>
      </Group>
      {usage.isError ? (
        <NotLoaded what="The usage" error={usage.error} onRetry={usage.refetch} />
      ) : usage.data === undefined ? (
        <Skeleton h={chartHeightPx + 60} />
      ) : (
        <Stack gap="md">
          <SimpleGrid cols={{ base: 2, sm: 4 }}>
            <Sum label="Cost">
              <Usd amount={usage.data.total.cost} />
            </Sum>
            <Sum label="Requests" about={failures(usage.data.total.failedRequests)}>
              {formatCount(usage.data.total.requests)}
            </Sum>
            <Sum label="Input tokens" about={cached(usage.data.total.cachedTokens)}>
              {formatCount(usage.data.total.promptTokens)}
            </Sum>
            <Sum label="Output tokens">{formatCount(usage.data.total.completionTokens)}</Sum>
          </SimpleGrid>
          {usage.data.total.requests === 0 ? (
            <Text size="sm" c="dimmed" ta="center" py="xl">
              Nothing was used in these days.
            </Text>
          ) : (
            <Box h={chartHeightPx}>
              <Suspense fallback={<Skeleton h={chartHeightPx} />}>
                <DailyUsageChart days={usage.data.days} measure={measure} heightPx={chartHeightPx} />
              </Suspense>
            </Box>
          )}
        </Stack>
      )}
    </Card>
  );
}

const failures = (count: number) => (count === 0 ? undefined : `${formatCount(count)} failed`);
const cached = (count: number) => (count === 0 ? undefined : `${formatCount(count)} cached`);

function Sum({ label, about, children }: { label: string; about?: string | undefined; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={600}>{children}</Text>
      {about !== undefined && (
        <Text size="xs" c="dimmed">
          {about}
        </Text>
      )}
    </div>
  );
}
