/** Where a request was tried, and why tries failed. */
import { Badge, Table, Text } from "@mantine/core";
import type { RequestDetails } from "@tera/admin-api/requests";

const colors = { answered: "tera", failed: "red", cancelled: "gray" };

export function RequestAttempts({ attempts }: Pick<RequestDetails, "attempts">) {
  const isPlaceKnown = attempts.some(({ workerId }) => workerId !== null);
  const hasReasons = attempts.some(({ why }) => why !== null);
  return (
    <Table.ScrollContainer minWidth={420}>
      <Table verticalSpacing="xs" aria-label="Attempts">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={60}>Try</Table.Th>
            <Table.Th w={120}>Outcome</Table.Th>
            {isPlaceKnown && <Table.Th>Worker and runner</Table.Th>}
            {hasReasons && <Table.Th>Why</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {attempts.map(({ attempt, outcome, code, why, workerId, runnerId }) => (
            <Table.Tr key={attempt}>
              <Table.Td>{attempt}</Table.Td>
              <Table.Td>
                <Badge variant="light" color={colors[outcome]}>
                  {outcome}
                </Badge>
              </Table.Td>
              {isPlaceKnown && (
                <Table.Td className="mono">
                  {[workerId, runnerId].filter((part) => part !== null).join(" / ") || "–"}
                </Table.Td>
              )}
              {hasReasons && (
                <Table.Td>
                  {why}
                  {code !== null && (
                    <Text size="xs" c="dimmed">
                      <span className="mono">{code}</span>
                    </Text>
                  )}
                </Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
