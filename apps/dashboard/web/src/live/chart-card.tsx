/** A chart with its title, and a legend that wraps where there is little room. */
import { Card, Center, ColorSwatch, Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

export const chartHeightPx = 200;

export interface ChartCardProps {
  title: string;
  /** "the last hour" */
  period: string;
  legend: readonly { name: string; label: string; color: string }[];
  /** Said instead of the chart, where there is nothing to draw. */
  empty?: string | undefined;
  children: ReactNode;
}

export function ChartCard({ title, period, legend, empty, children }: ChartCardProps) {
  return (
    <Card withBorder padding="md" component="figure" m={0} aria-label={`${title}, ${period}`}>
      <Group justify="space-between" gap="xs" mb="md">
        <Title order={2} size="sm">
          {title}
        </Title>
        <Group gap="4px 16px">
          {legend.map(({ name, label, color }) => (
            <Group key={name} gap={6} wrap="nowrap">
              <ColorSwatch
                size={10}
                withShadow={false}
                color={`var(--mantine-color-${color.replace(".", "-")})`}
                aria-hidden="true"
              />
              <Text size="xs" c="dimmed">
                {label}
              </Text>
            </Group>
          ))}
        </Group>
      </Group>
      {empty === undefined ? (
        children
      ) : (
        <Center h={chartHeightPx}>
          <Text size="sm" c="dimmed" ta="center">
            {empty}
          </Text>
        </Center>
      )}
    </Card>
  );
}
