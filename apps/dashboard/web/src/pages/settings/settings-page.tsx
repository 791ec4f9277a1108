/** The installation: what it is, what runs by itself, what was told. Settings are variables of the processes, and are only shown here. */
import { Alert, Anchor, Badge, Code, Group, SimpleGrid, Table, Text } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Settings } from "../../../../api/settings.ts";
import { settingsQuery } from "../../api/settings.ts";
import { formatBytes } from "../../format/bytes.ts";
import { Page } from "../../shell/page.tsx";
import { Section } from "../../shell/section.tsx";
import { NoticesCard } from "./notices-card.tsx";
import { RunsCard } from "./runs-card.tsx";

export function SettingsPage() {
  const { data: settings } = useSuspenseQuery(settingsQuery);
  return (
    <Page
      title="Settings"
      about="The state of this installation. What can be set is set by variables of its processes; docs/operate.md and docs/dashboard.md name them."
    >
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <InstallationCard settings={settings} />
        <DatabaseCard settings={settings} />
        <RunsCard runs={settings.runs} />
        <NoticesCard notices={settings.notices} />
      </SimpleGrid>
    </Page>
  );
}

function InstallationCard({ settings }: { settings: Settings }) {
  return (
    <Section title="Installation">
      <Fact label="Version">{settings.version}</Fact>
      <Fact label="Dashboard">
        <Code>{settings.dashboardUrl}</Code>
      </Fact>
      <Fact label="API, as customers call it">
        <Code>{settings.apiUrl}</Code>
      </Fact>
      <Fact label="Single sign-on">{settings.oidc ?? "not set up"}</Fact>
      <Fact label="Admin API">
        <Anchor href="/admin/reference" size="sm">
          Reference
        </Anchor>
      </Fact>
    </Section>
  );
}

const roleText = {
  used: "Tera works as a role that may not change what is append-only.",
  missing: "There is no role tera_app: triggers alone refuse changes of the ledger. docs/money.md says how to make it.",
  refused: "The role tera_app may not be taken by this user: triggers alone refuse changes of the ledger.",
};

function DatabaseCard({ settings: { database, usageMonths } }: { settings: Settings }) {
  return (
    <Section title="Database">
      <Fact label="Postgres">{database.serverVersion}</Fact>
      <Fact label="Migrations">
        {database.applied} of {database.known}
      </Fact>
      {database.applied !== database.known && (
        <Alert color="yellow" variant="light">
          Another version of Tera uses this database. Bring all processes to one version.
        </Alert>
      )}
      <Fact label="Rights">
        <Group gap={6} wrap="nowrap">
          <Badge variant="light" color={database.applicationRole === "used" ? "tera" : "yellow"}>
            {database.applicationRole === "used" ? "restricted" : "not restricted"}
          </Badge>
        </Group>
      </Fact>
      <Text size="xs" c="dimmed">
        {roleText[database.applicationRole]}
      </Text>
      <Table withRowBorders={false} verticalSpacing={2} aria-label="Usage events by month">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Usage of</Table.Th>
            <Table.Th ta="right">Requests</Table.Th>
            <Table.Th ta="right">On disk</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {usageMonths.map(({ month, requests, bytes }) => (
            <Table.Tr key={month}>
              <Table.Td>{month}</Table.Td>
              <Table.Td ta="right">{requests.toLocaleString()}</Table.Td>
              <Table.Td ta="right">{formatBytes(bytes)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="md">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text component="div" size="sm" ta="right" style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </Group>
  );
}
