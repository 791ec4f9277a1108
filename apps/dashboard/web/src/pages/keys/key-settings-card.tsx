/** What a key may: models, addresses, limits, priority, and whether content is kept. */
import { Card, Group, Table, Text, Title } from "@mantine/core";
import type { Key } from "@tera/admin-api/keys";
import type { ReactNode } from "react";
import { formatCount } from "../../format/quantity.ts";

export function KeySettingsCard({ of: key }: { of: Key }) {
  const { modelScope, allowedAddresses, priorityClass, contentLogging } = key;
  return (
    <Card withBorder padding="md" component="section" aria-label="Settings">
      <Title order={2} size="h4" mb="xs">
        Settings
      </Title>
      <Table verticalSpacing={7} horizontalSpacing={0} layout="fixed">
        <Table.Tbody>
          <Row label="Models">
            <Several items={modelScope} all="every model" />
          </Row>
          <Row label="Addresses">
            <Several items={allowedAddresses} all="anywhere" />
          </Row>
          <Row label="Requests a minute">
            <Max value={key.requestsPerMinuteMax} />
          </Row>
          <Row label="Tokens a minute">
            <Max value={key.tokensPerMinuteMax} />
          </Row>
          <Row label="Open at once">
            <Max value={key.concurrencyMax} />
          </Row>
          <Row label="Priority">{priorityClass}</Row>
          <Row label="Content">
            {contentLogging ? "prompts and answers are kept, cut short, for some days" : <Dimmed>not kept</Dimmed>}
          </Row>
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th w={150} fw={400} c="dimmed" style={{ verticalAlign: "top" }}>
        {label}
      </Table.Th>
      <Table.Td>{children}</Table.Td>
    </Table.Tr>
  );
}

function Dimmed({ children }: { children: ReactNode }) {
  return (
    <Text span inherit c="dimmed">
      {children}
    </Text>
  );
}

function Max({ value }: { value: number | null }) {
  return value === null ? <Dimmed>no limit</Dimmed> : formatCount(value);
}

function Several({ items, all }: { items: readonly string[] | null; all: string }) {
  if (items === null) return <Dimmed>{all}</Dimmed>;
  return (
    <Group gap={4}>
      {items.map((item) => (
        <Text key={item} span inherit className="mono" style={{ overflowWrap: "anywhere" }}>
          {item}
        </Text>
      ))}
    </Group>
  );
}
