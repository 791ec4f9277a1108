/** The fields that a change touched, as they were and as they are. */
import { Box, Table, Text } from "@mantine/core";
import type { AuditEvent } from "../../../../api/audit.ts";

export function AuditDifference({ event: { before, after } }: { event: AuditEvent }) {
  const names = Object.keys({ ...before, ...after });
  if (names.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md">
        No fields to show.
      </Text>
    );
  }
  return (
    <Box p="md">
      <Table withRowBorders={false} verticalSpacing={4} aria-label="Fields that changed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Field</Table.Th>
            <Table.Th>Before</Table.Th>
            <Table.Th>After</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {names.map((name) => (
            <Table.Tr key={name}>
              <Table.Td>{name}</Table.Td>
              <Table.Td className="mono">{toText(before, name)}</Table.Td>
              <Table.Td className="mono">{toText(after, name)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}

function toText(fields: Record<string, unknown> | null, name: string): string {
  const value = fields?.[name];
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
