/** The moments of a batch, and what is expected of it. */
import { Table, Text } from "@mantine/core";
import type { BatchDetails, BatchMoment } from "@tera/admin-api/batches";
import { hasEnded } from "../../api/batches.ts";
import { formatMs } from "../../format/duration.ts";
import { Moment } from "../../format/moment.tsx";

const words: Record<BatchMoment, string> = {
  created: "Created",
  in_progress: "Lines were validated, and can be begun",
  cancelling: "Cancelled: nothing more is begun",
  finalizing: "Every line has ended",
  completed: "Completed",
  failed: "Refused: the file has faults",
  expired: "Expired",
  cancelled: "Ended, cancelled",
};

export function BatchTimeline({ batch }: { batch: BatchDetails }) {
  const [first] = batch.timeline;
  const beganMs = Date.parse(first?.at ?? batch.createdAt);
  return (
    <Table verticalSpacing={4} withRowBorders={false} aria-label="Moments">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>What</Table.Th>
          <Table.Th visibleFrom="xs">At</Table.Th>
          <Table.Th ta="right">After</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {batch.timeline.map(({ moment, at }) => (
          <Row key={moment} what={words[moment]} at={at} beganMs={beganMs} />
        ))}
        {!hasEnded(batch) && <Row what="Expires" at={batch.expiresAt} beganMs={beganMs} isAhead />}
      </Table.Tbody>
    </Table>
  );
}

interface RowProps {
  what: string;
  at: string;
  beganMs: number;
  /** It has not come yet. */
  isAhead?: boolean;
}

function Row({ what, at, beganMs, isAhead = false }: RowProps) {
  const moment = <Moment at={at} to="second" />;
  return (
    <Table.Tr {...(isAhead ? { c: "dimmed" } : {})}>
      <Table.Td>
        {what}
        <Text size="xs" c="dimmed" hiddenFrom="xs">
          {moment}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="xs">{moment}</Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
        {formatMs(Date.parse(at) - beganMs)}
      </Table.Td>
    </Table.Tr>
  );
}
