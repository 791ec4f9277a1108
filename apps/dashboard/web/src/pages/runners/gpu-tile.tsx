/** One GPU as its driver reports it. */
import { Card, Group, Progress, Stack, Text } from "@mantine/core";
import type { LiveGpu } from "@tera/admin-api/workers";
import type { ReactNode } from "react";

const hotC = 85;

export function GpuTile({ gpu }: { gpu: LiveGpu }) {
  const { index, name, memoryUsedMiB, memoryTotalMiB, utilizationPercent, powerW, temperatureC } = gpu;
  const memory = memoryUsedMiB !== null && memoryTotalMiB !== null && memoryTotalMiB > 0;
  return (
    <Card withBorder padding="sm" component="article" aria-label={`GPU ${index}, ${name}`}>
      <Text size="sm" fw={600} truncate title={name}>
        <Text span c="dimmed" inherit>
          GPU {index}
        </Text>{" "}
        {name}
      </Text>
      <Stack gap={8} mt="xs">
        <Bar
          label="Memory"
          percent={memory ? (memoryUsedMiB / memoryTotalMiB) * 100 : null}
          value={memory ? `${gib(memoryUsedMiB)} of ${gib(memoryTotalMiB)} GiB` : "unknown"}
        />
        <Bar
          label="Use"
          percent={utilizationPercent}
          value={utilizationPercent === null ? "unknown" : `${Math.round(utilizationPercent)} %`}
        />
      </Stack>
      <Group justify="space-between" gap={4} mt={8}>
        <Text size="xs" c="dimmed">
          {powerW === null ? "" : `${Math.round(powerW)} W`}
        </Text>
        {temperatureC !== null && (
          <Text size="xs" c={temperatureC >= hotC ? "red" : "dimmed"} fw={temperatureC >= hotC ? 600 : 400}>
            {Math.round(temperatureC)} °C
          </Text>
        )}
      </Group>
    </Card>
  );
}

function Bar({ label, percent, value }: { label: string; percent: number | null; value: ReactNode }) {
  return (
    <div>
      <Group justify="space-between" gap={4}>
        <Text size="xs" c="dimmed">
          {label}
        </Text>
        <Text size="xs">{value}</Text>
      </Group>
      <Progress mt={4} size="sm" value={percent ?? 0} aria-label={`${label}: ${value}`} />
    </div>
  );
}

function gib(mib: number): string {
  return (mib / 1_024).toFixed(1);
}
