/** The moments of a batch, and what is expected of it. */
import { Table } from "@mantine/core";
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
          <Table.Th>At</Table.Th>
          <Table.Th ta="right">After</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {batch.timeline.map(({ moment, at }) => (
          <Table.Tr key={moment}>
            <Table.Td>{words[moment]}</Table.Td>
            <Table.Td>
              <Moment at={at} to="second" />
            </Table.Td>
            <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
              {formatMs(Date.parse(at) - beganMs)}
            </Table.Td>
          </Table.Tr>
        ))}
        {!hasEnded(batch) && (
          <Table.Tr c="dimmed">
            <Table.Td>Its time is over</Table.Td>
            <Table.Td>
              <Moment at={batch.expiresAt} to="second" />
            </Table.Td>
            <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
              {formatMs(Date.parse(batch.expiresAt) - beganMs)}
            </Table.Td>
          </Table.Tr>
        )}
      </Table.Tbody>
    </Table>
  );
}
