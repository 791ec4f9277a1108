/** What waits and runs by itself: lines of batches by model, and background work. */
import { Badge, Button, Group, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import type { ModelLane, QueueState } from "@tera/admin-api/queue";
import { queueQuery, useSwitchLane } from "../../api/queue.ts";
import { useMay } from "../../api/session.ts";
import { settingsQuery } from "../../api/settings.ts";
import { confirm } from "../../dialog/confirm.tsx";
import { formatCount } from "../../format/quantity.ts";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { Page } from "../../shell/page.tsx";
import { Section } from "../../shell/section.tsx";
import { RunsCard } from "../settings/runs-card.tsx";

export function QueuePage() {
  const { data: queue } = useSuspenseQuery(queueQuery);
  const { data: settings } = useSuspenseQuery(settingsQuery);
  return (
    <Page title="Queue" about="What waits and runs by itself: lines of batches, and background work.">
      <Section
        title="Lines of batches"
        about="Open: not begun. Queued: in the lane's queue in Redis, which gateways take them from."
      >
        <Lanes queue={queue} />
      </Section>
      <Section title="Queues of background work">
        <Queues queues={queue.queues} />
      </Section>
      <RunsCard runs={settings.runs} />
    </Page>
  );
}

function Lanes({ queue: { models, isCut } }: { queue: QueueState }) {
  const mayWrite = useMay("runners:write");
  if (models.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No model is served, and no line waits for one.
      </Text>
    );
  }
  return (
    <Stack gap="xs">
      <Table verticalSpacing="xs" aria-label="Lines by model">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Model</Table.Th>
            <Table.Th ta="right">Open</Table.Th>
            <Table.Th ta="right">Running</Table.Th>
            <Table.Th ta="right" visibleFrom="xs">
              Queued
            </Table.Th>
            {mayWrite && (
              <Table.Th>
                <VisuallyHidden>Pause or resume</VisuallyHidden>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {models.map((lane) => (
            <Table.Tr key={lane.model}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                <Group gap="xs">
                  <span className="mono">{lane.model}</span>
                  {lane.isPaused && (
                    <Badge variant="light" color="orange" size="sm">
                      paused
                    </Badge>
                  )}
                </Group>
              </Table.Td>
              <Table.Td ta="right">{formatCount(lane.open)}</Table.Td>
              <Table.Td ta="right">{formatCount(lane.running)}</Table.Td>
              <Table.Td ta="right" visibleFrom="xs">
                {formatCount(lane.waiting + lane.active)}
              </Table.Td>
              {mayWrite && (
                <Table.Td ta="right">
                  <LaneSwitch lane={lane} />
                </Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {isCut && (
        <Text size="xs" c="dimmed">
          There are more open lines: only so many are counted here.
        </Text>
      )}
    </Stack>
  );
}

function LaneSwitch({ lane: { model, isPaused } }: { lane: ModelLane }) {
  const switching = useSwitchLane(model);
  const act = (action: "pause" | "resume") =>
    switching.mutate(action, {
      onSuccess: () => tellSuccess(action === "pause" ? `Lines of ${model} wait.` : `Lines of ${model} go on.`),
      onError: tellFailure,
    });
  if (isPaused) {
    return (
      <Button
        size="xs"
        px="xs"
        loading={switching.isPending}
        aria-label={`Resume ${model}`}
        onClick={() => act("resume")}
      >
        <IconPlayerPlay size={14} />
        <Word>Resume</Word>
      </Button>
    );
  }
  return (
    <Button
      size="xs"
      px="xs"
      variant="default"
      loading={switching.isPending}
      aria-label={`Pause ${model}`}
      onClick={() =>
        confirm({
          title: `Pause the batch lane of ${model}?`,
          children: (
            <Text size="sm">
              What runs goes on, and no line of any batch is begun with this model until it is resumed. Live requests
              are not touched.
            </Text>
          ),
          labels: { confirm: "Pause", cancel: "Back" },
          onConfirm: () => act("pause"),
        })
      }
    >
      <IconPlayerPause size={14} />
      <Word>Pause</Word>
    </Button>
  );
}

/** Where there is room beside the icon. */
function Word({ children }: { children: string }) {
  return (
    <Text span inherit visibleFrom="xs" ml={6}>
      {children}
    </Text>
  );
}

function Queues({ queues }: Pick<QueueState, "queues">) {
  return (
    <Table verticalSpacing={4} withRowBorders={false} aria-label="Queues">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Queue</Table.Th>
          <Table.Th ta="right">Waiting</Table.Th>
          <Table.Th ta="right">Running</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {queues.map(({ name, waiting, active }) => (
          <Table.Tr key={name}>
            <Table.Td>
              <span className="mono">{name}</span>
            </Table.Td>
            <Table.Td ta="right">{formatCount(waiting)}</Table.Td>
            <Table.Td ta="right">{formatCount(active)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
