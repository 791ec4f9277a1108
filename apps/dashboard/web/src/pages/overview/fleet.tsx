/** Workers with their runners and GPUs at a glance; those that are not well first. */
import { Anchor, Badge, Box, Card, Group, Progress, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { LiveGpu, LiveRunner, LiveWorker } from "@tera/admin-api/workers";
import { formatCount } from "../../format/quantity.ts";
import { RunnerState } from "../../live/runner-state.tsx";

const workersMax = 6;
const runnersMax = 6;

export function Fleet({ workers }: { workers: readonly LiveWorker[] }) {
  if (workers.length === 0) return null;
  const shown = workers.toSorted((one, other) => troubles(other) - troubles(one)).slice(0, workersMax);
  return (
    <section aria-labelledby="fleet">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="sm" id="fleet">
          GPUs and runners
        </Title>
        <Anchor component={Link} to="/runners" size="sm">
          {workers.length > shown.length ? `All ${formatCount(workers.length)} workers` : "Runners"}
        </Anchor>
      </Group>
      <SimpleGrid cols={{ base: 1, lg: workers.length === 1 ? 1 : 2 }} spacing="md">
        {shown.map((worker) => (
          <WorkerCard key={worker.id} worker={worker} />
        ))}
      </SimpleGrid>
    </section>
  );
}

function troubles({ runners }: LiveWorker): number {
  return runners.filter(({ reason }) => reason !== null).length;
}

function WorkerCard({ worker: { id, host, draining, runners, gpus } }: { worker: LiveWorker }) {
  const shown = runners
    .toSorted((one, other) => Number(other.reason !== null) - Number(one.reason !== null))
    .slice(0, runnersMax);
  return (
    <Card withBorder padding="md" component="article" aria-label={`Worker ${id}`}>
      <Group gap="xs" mb="sm">
        <Text fw={600} style={{ overflowWrap: "anywhere" }}>
          {id}
        </Text>
        {host !== id && (
          <Text size="sm" c="dimmed">
            {host}
          </Text>
        )}
        {draining && (
          <Badge size="sm" variant="light" color="orange">
            draining
          </Badge>
        )}
      </Group>
      <Stack gap="sm">
        {gpus.map((gpu) => (
          <GpuRow key={gpu.index} gpu={gpu} />
        ))}
        {shown.map((runner) => (
          <RunnerRow key={runner.id} runner={runner} />
        ))}
        {runners.length > shown.length && (
          <Text size="sm" c="dimmed">
            and {formatCount(runners.length - shown.length)} more
          </Text>
        )}
        {runners.length === 0 && (
          <Text size="sm" c="dimmed">
            It drives no engine yet: it looks for one on the usual ports.
          </Text>
        )}
      </Stack>
    </Card>
  );
}

function GpuRow({ gpu }: { gpu: LiveGpu }) {
  const { index, name, memoryUsedMiB, memoryTotalMiB, utilizationPercent, powerW, temperatureC } = gpu;
  const memoryPercent =
    memoryUsedMiB === null || memoryTotalMiB === null || memoryTotalMiB === 0
      ? null
      : (100 * memoryUsedMiB) / memoryTotalMiB;
  const extra = [
    powerW === null ? [] : [`${Math.round(powerW)} W`],
    temperatureC === null ? [] : [`${Math.round(temperatureC)} °C`],
  ].flat();
  return (
    <Box>
      <Group justify="space-between" gap="xs" mb={4}>
        <Text size="sm">
          {name}{" "}
          <Text span c="dimmed" inherit>
            #{index}
          </Text>
        </Text>
        <Text size="xs" c="dimmed">
          {extra.join(" · ")}
        </Text>
      </Group>
      {(utilizationPercent !== null || memoryPercent !== null) && (
        <SimpleGrid cols={2} spacing="md">
          <Meter
            label={`Use of GPU ${index}`}
            percent={utilizationPercent}
            text={utilizationPercent === null ? "use unknown" : `${Math.round(utilizationPercent)} % busy`}
          />
          <Meter
            label={`Memory of GPU ${index}`}
            percent={memoryPercent}
            text={
              memoryUsedMiB === null || memoryTotalMiB === null
                ? "memory unknown"
                : `${gib(memoryUsedMiB)} of ${gib(memoryTotalMiB)} GiB`
            }
          />
        </SimpleGrid>
      )}
    </Box>
  );
}

function RunnerRow({ runner }: { runner: LiveRunner }) {
  const { id, engine, engineVersion, reason, models, slots, busy } = runner;
  return (
    <Box>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start" mb={4}>
        <Box miw={0}>
          <Group gap="xs">
            <RunnerState runner={runner} />
            <Text size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>
              {models.length === 0 ? id : models.join(", ")}
            </Text>
          </Group>
        </Box>
        <Text size="xs" c="dimmed" ta="right" style={{ whiteSpace: "nowrap" }}>
          {engine} {engineVersion}
        </Text>
      </Group>
      {reason === null ? (
        <Meter
          label={`Slots of ${id}`}
          percent={slots === 0 ? null : (100 * busy) / slots}
          text={`${formatCount(busy)} of ${formatCount(slots)} slots busy`}
          isFull={slots > 0 && busy >= slots}
        />
      ) : (
        <Text size="sm" c="dimmed" lineClamp={2} style={{ overflowWrap: "anywhere" }}>
          {reason}
        </Text>
      )}
    </Box>
  );
}

interface MeterProps {
  label: string;
  /** Null: not known. */
  percent: number | null;
  text: string;
  isFull?: boolean;
}

function Meter({ label, percent, text, isFull = false }: MeterProps) {
  return (
    <Box>
      <Progress value={percent ?? 0} size="sm" color={isFull ? "orange" : "tera"} aria-label={label} />
      <Text size="xs" c="dimmed" mt={2}>
        {text}
      </Text>
    </Box>
  );
}

function gib(mib: number): string {
  return (mib / 1_024).toFixed(1);
}
