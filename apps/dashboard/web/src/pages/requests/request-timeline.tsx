/** The life of a request as a bar: how long it waited, read the prompt, and wrote; and each moment below. */
import { ColorSwatch, Group, Progress, Stack, Table, Text } from "@mantine/core";
import type { RequestDetails, RequestStep } from "@tera/admin-api/requests";
import { formatMs } from "../../format/duration.ts";
import { Moment } from "../../format/moment.tsx";

const stepWords: Record<RequestStep, string> = {
  admitted: "Admitted",
  queued: "Waited in the queue",
  accepted: "Accepted by the runner",
  first_token: "First token",
  ended: "Ended",
  settled: "Settled",
};

/** Steps that last, and what happens meanwhile. */
const phases: Partial<Record<RequestStep, { label: string; color: string }>> = {
  queued: { label: "Queued", color: "orange.5" },
  accepted: { label: "Until the first token", color: "blue.5" },
  first_token: { label: "Generation", color: "tera.7" },
};

/** Of the bar, in percent: what was short is seen all the same. */
const shareMin = 1;

export function RequestTimeline({ timeline }: Pick<RequestDetails, "timeline">) {
  const parts = timeline.flatMap(({ step, lastsMs }) => {
    const phase = phases[step];
    return phase === undefined || lastsMs === null ? [] : [{ ...phase, ms: lastsMs }];
  });
  const totalMs = Math.max(
    1,
    parts.reduce((sum, { ms }) => sum + ms, 0),
  );
  return (
    <Stack gap="md">
      <Progress.Root size={22} radius="sm">
        {parts.map(({ label, color, ms }) => (
          <Progress.Section
            key={label}
            value={Math.max(shareMin, (ms / totalMs) * 100)}
            color={color}
            aria-label={`${label}: ${formatMs(ms)}`}
          />
        ))}
      </Progress.Root>
      <Group gap="lg">
        {parts.map(({ label, color, ms }) => (
          <Group key={label} gap={6} wrap="nowrap">
            <ColorSwatch size={10} withShadow={false} color={`var(--mantine-color-${color.replace(".", "-")})`} />
            <Text size="sm">
              {label} <b>{formatMs(ms)}</b>
            </Text>
          </Group>
        ))}
      </Group>
      <Table.ScrollContainer minWidth={420}>
        <Table verticalSpacing={4} withRowBorders={false} aria-label="Moments">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Step</Table.Th>
              <Table.Th>At</Table.Th>
              <Table.Th ta="right">After</Table.Th>
              <Table.Th ta="right">Lasted</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {timeline.map(({ step, at, afterMs, lastsMs }) => (
              <Table.Tr key={step}>
                <Table.Td>{stepWords[step]}</Table.Td>
                <Table.Td>
                  <Moment at={at} to="second" />
                </Table.Td>
                <Table.Td ta="right">{formatMs(afterMs)}</Table.Td>
                <Table.Td ta="right">{lastsMs === null ? "" : formatMs(lastsMs)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}
