/** An account's month: what there was, what came, what was used, what is left. */
import { Alert, Button, Group, Skeleton, Stack, Table, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type AccountMoney, ledgerKindSchema } from "@tera/admin-api/billing";
import type { Statement } from "@tera/admin-api/invoices";
import { type ReactNode, useState } from "react";
import { apiUrl } from "../../../api/client.ts";
import { statementQuery } from "../../../api/invoices.ts";
import { MonthSelect } from "../../../form/month-select.tsx";
import { Moment } from "../../../format/moment.tsx";
import { monthOf } from "../../../format/month.ts";
import { Usd } from "../../../format/usd.tsx";
import { ChargeLines } from "../invoices/charge-lines.tsx";
import { kindNames } from "./ledger-words.ts";

export function StatementCard({ account: { accountId, createdAt } }: { account: AccountMoney }) {
  const [month, setMonth] = useState(() => monthOf(new Date().toISOString()));
  const statement = useQuery(statementQuery(accountId, month));
  const path = `/accounts/${accountId}/statements/${month}`;
  return (
    <Stack gap="md" component="section" aria-label="Statement">
      <Group gap="sm" align="flex-end">
        <MonthSelect
          label="Month (UTC)"
          since={createdAt}
          allowDeselect={false}
          value={month}
          onChange={(chosen) => chosen !== null && setMonth(chosen)}
          w={200}
        />
        {statement.isSuccess && (
          <>
            <Download href={apiUrl(`${path}/pdf`)}>PDF</Download>
            <Download href={apiUrl(`${path}/csv`)}>CSV</Download>
          </>
        )}
      </Group>
      {statement.isPending && <Skeleton h={180} />}
      {statement.isError && (
        <Alert color="orange" variant="light" title="No statement">
          {statement.error.message}
        </Alert>
      )}
      {statement.isSuccess && <Shown statement={statement.data} />}
    </Stack>
  );
}

function Download({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Button variant="default" component="a" href={href} download leftSection={<IconDownload size={16} />}>
      {children}
    </Button>
  );
}

function Shown({ statement: { opening, movements, usage, usageLines, used, closing } }: { statement: Statement }) {
  return (
    <>
      <Table.ScrollContainer minWidth={420}>
        <Table withTableBorder verticalSpacing="xs">
          <Table.Tbody>
            <Sum label="Opening balance" amount={opening} />
            {movements.map(({ at, kind, reason, amount }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a booking has no id here, and those of a month do not change places.
              <Table.Tr key={index}>
                <Table.Td>
                  <Text size="sm">
                    {nameOf(kind)}: {reason}
                  </Text>
                  <Text size="xs" c="dimmed">
                    <Moment at={at} />
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  <Usd amount={amount} signed />
                </Table.Td>
              </Table.Tr>
            ))}
            <Table.Tr>
              <Table.Td>Usage</Table.Td>
              <Table.Td ta="right">
                <Usd amount={negative(used)} signed />
              </Table.Td>
            </Table.Tr>
            <Sum label="Closing balance" amount={closing} />
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {usage.length > 0 && <ChargeLines lines={usage} hasMore={usageLines > usage.length} />}
    </>
  );
}

function Sum({ label, amount }: { label: string; amount: string }) {
  return (
    <Table.Tr fw={600}>
      <Table.Td>{label}</Table.Td>
      <Table.Td ta="right">
        <Usd amount={amount} />
      </Table.Td>
    </Table.Tr>
  );
}

function nameOf(kind: string): string {
  const known = ledgerKindSchema.safeParse(kind);
  return known.success ? kindNames[known.data] : kind;
}

function negative(amount: string): string {
  if (amount === "0") return amount;
  return amount.startsWith("-") ? amount.slice(1) : `-${amount}`;
}
