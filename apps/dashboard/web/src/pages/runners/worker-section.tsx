/** One worker: its machine, its GPUs, its runners. */
import { Badge, Card, Divider, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { LiveWorker } from "@tera/admin-api/workers";
import { Fragment } from "react";
import { Moment } from "../../format/moment.tsx";
import { GpuTile } from "./gpu-tile.tsx";
import { RunnerRow } from "./runner-row.tsx";

export interface WorkerSectionProps {
  worker: LiveWorker;
  workers: readonly LiveWorker[];
  onShowLog(runnerId: string): void;
}

export function WorkerSection({ worker, workers, onShowLog }: WorkerSectionProps) {
  const { id, host, startedAt, draining, runners, gpus } = worker;
  return (
    <Card withBorder padding="lg" component="section" aria-label={`Worker ${id}`}>
      <Group justify="space-between" gap="xs" mb={gpus.length > 0 ? "md" : "xs"}>
        <Group gap="xs">
          <Title order={2} size="h4">
            {id}
          </Title>
          {draining && (
            <Badge color="orange" variant="light">
              stopping
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed" component="div">
          {host !== id && `on ${host}, `}since <Moment at={startedAt} />
        </Text>
      </Group>
      {gpus.length > 0 && (
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: 4 }} spacing="sm" mb="sm">
          {gpus.map((gpu) => (
            <GpuTile key={gpu.index} gpu={gpu} />
          ))}
        </SimpleGrid>
      )}
      {runners.length === 0 ? (
        <Text size="sm" c="dimmed">
          It has no runner. Start an engine on its machine: one on a usual port is attached by itself. Or name it in the
          worker's file, and start the worker again.
        </Text>
      ) : (
        <Stack gap={0}>
          {runners.map((runner, index) => (
            <Fragment key={runner.id}>
              {(index > 0 || gpus.length > 0) && <Divider />}
              <RunnerRow runner={runner} worker={worker} workers={workers} onShowLog={() => onShowLog(runner.id)} />
            </Fragment>
          ))}
        </Stack>
      )}
    </Card>
  );
}
