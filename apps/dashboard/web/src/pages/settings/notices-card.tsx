/** What the operator's webhook was told. */
import { Badge, Group, Stack, Text } from "@mantine/core";
import type { Settings } from "../../../../api/settings.ts";
import { Moment } from "../../format/moment.tsx";
import { Section } from "../../shell/section.tsx";

const colours = { waiting: "yellow", delivered: "tera", abandoned: "red" };

export function NoticesCard({ notices }: { notices: Settings["notices"] }) {
  return (
    <Section title="Notices">
      {notices.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet. They go to TERA_GATEWAY_NOTICE_URL: keys that expire, accounts that are low, invoices, findings.
        </Text>
      )}
      {notices.map(({ id, type, reference, createdAt, state, failure }) => (
        <Stack key={id} gap={0}>
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm" fw={600}>
              {type}
            </Text>
            <Badge size="sm" variant="light" color={colours[state]}>
              {state}
            </Badge>
          </Group>
          <Text size="xs" c="dimmed">
            {reference}, <Moment at={createdAt} />
            {failure !== null && `: ${failure}`}
          </Text>
        </Stack>
      ))}
    </Section>
  );
}
