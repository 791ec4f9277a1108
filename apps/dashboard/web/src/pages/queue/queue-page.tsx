/** What waits and runs by itself: lines of batches by model, and background work. */
import { Badge, Button, Stack, Table, Text } from "@mantine/core";
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
      <Section title="Lines of batches">
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
      <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing="xs" aria-label="Lines by model">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Model</Table.Th>
              <Table.Th ta="right">Open</Table.Th>
              <Table.Th ta="right">Running</Table.Th>
              <Table.Th ta="right">In its queue</Table.Th>
              <Table.Th ta="right">State</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {models.map((lane) => (
              <Table.Tr key={lane.model}>
                <Table.Td>
                  <span className="mono">{lane.model}</span>
                </Table.Td>
                <Table.Td ta="right">{formatCount(lane.open)}</Table.Td>
                <Table.Td ta="right">{formatCount(lane.running)}</Table.Td>
                <Table.Td ta="right">{formatCount(lane.waiting + lane.active)}</Table.Td>
                <Table.Td ta="right">{mayWrite ? <LaneSwitch lane={lane} /> : <LaneBadge lane={lane} />}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {isCut && (
        <Text size="xs" c="dimmed">
          There are more open lines: only so many are counted here.
        </Text>
      )}
    </Stack>
  );
}

function LaneBadge({ lane: { isPaused } }: { lane: ModelLane }) {
  return (
    <Badge variant="light" color={isPaused ? "orange" : "tera"}>
      {isPaused ? "paused" : "open"}
    </Badge>
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
        leftSection={<IconPlayerPlay size={14} />}
        loading={switching.isPending}
        aria-label={`Resume ${model}`}
        onClick={() => act("resume")}
      >
        Resume
      </Button>
    );
  }
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconPlayerPause size={14} />}
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
      Pause
    </Button>
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
