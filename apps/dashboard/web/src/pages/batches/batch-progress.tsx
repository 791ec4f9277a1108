/** How many lines of a batch are done, well and badly, as a bar and in numbers. */
import { Group, Progress, Stack, Text } from "@mantine/core";
import type { ListedBatch } from "@tera/admin-api/batches";
import { formatCount } from "../../format/quantity.ts";

export interface BatchProgressProps {
  counts: ListedBatch["counts"];
  size?: "sm" | "lg";
}

export function BatchProgress({ counts: { total, completed, failed }, size = "sm" }: BatchProgressProps) {
  const share = (lines: number) => (total === 0 ? 0 : (lines / total) * 100);
  // Whole only when all is done.
  const percent = Math.floor(share(completed + failed));
  return (
    <Stack gap={4}>
      <Progress.Root size={size === "lg" ? 18 : 6} radius="sm">
        <Progress.Section value={share(completed)} color="tera.7" aria-label={`${completed} lines completed`} />
        <Progress.Section value={share(failed)} color="red.6" aria-label={`${failed} lines failed`} />
      </Progress.Root>
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <Text size="xs" c="dimmed">
          {formatCount(completed + failed)} of {formatCount(total)} lines
          {failed > 0 && `, ${formatCount(failed)} failed`}
        </Text>
        <Text size="xs" c="dimmed">
          {percent}%
        </Text>
      </Group>
    </Stack>
  );
}
