/** What runs by itself: invoices, checks, notices, months of usage. */
import { Badge, Group, Stack, Text } from "@mantine/core";
import type { Settings } from "../../../../api/settings.ts";
import { Moment } from "../../format/moment.tsx";
import { Section } from "../../shell/section.tsx";

export function RunsCard({ runs }: { runs: Settings["runs"] }) {
  return (
    <Section title="Background runs">
      {runs.length === 0 && (
        <Text size="sm" c="dimmed">
          None has run yet. Gateways do them, unless TERA_GATEWAY_BACKGROUND is false.
        </Text>
      )}
      {runs.map(({ name, startedAt, succeededAt, failure }) => (
        <Stack key={name} gap={0}>
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm" fw={600}>
              {name}
            </Text>
            <Badge size="sm" variant="light" color={failure === null ? "tera" : "red"}>
              {failure === null ? "well" : "failed"}
            </Badge>
          </Group>
          <Text size="xs" c="dimmed">
            began <Moment at={startedAt} />, succeeded <Moment at={succeededAt} />
          </Text>
          {failure !== null && (
            <Text size="xs" c="red">
              {failure}
            </Text>
          )}
        </Stack>
      ))}
    </Section>
  );
}
