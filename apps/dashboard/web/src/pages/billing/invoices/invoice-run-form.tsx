/** Issues the invoices that are due: first what they would be, then, if that is meant, for good. */
import { Alert, Button, Group, Loader, Modal, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { InvoiceRun } from "@tera/admin-api/invoices";
import { useState } from "react";
import { invoiceRunQuery, useRunInvoices } from "../../../api/invoices.ts";
import { followTask } from "../../../api/tasks.ts";
import { MonthSelect } from "../../../form/month-select.tsx";
import { formatMonth, monthsBack } from "../../../format/month.ts";
import { tellFailure } from "../../../format/tell.ts";
import { Usd } from "../../../format/usd.tsx";

export function InvoiceRunForm({ opened, onClose }: { opened: boolean; onClose(): void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Issue invoices" size="lg">
      <Steps onClose={onClose} />
    </Modal>
  );
}

function Steps({ onClose }: { onClose(): void }) {
  const [month, setMonth] = useState(() => monthsBack(new Date(), 2)[1] ?? null);
  const [begun, setBegun] = useState<InvoiceRun>();
  const running = useRunInvoices();
  const asked = useQuery(invoiceRunQuery(begun?.state === "running" ? begun.id : undefined));
  const run = followTask(begun, asked);
  const result = run?.result ?? undefined;
  const isBusy = running.isPending || run?.state === "running";

  function begin(dryRun: boolean) {
    if (month === null) return;
    running.mutate({ month, dryRun }, { onSuccess: setBegun, onError: tellFailure });
  }

  const mayIssue = result?.dryRun === true && result.count > 0;
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Gateways do this by themselves after each month (UTC). Whatever is due and not on an invoice yet is looked at,
        up to and with this month. What was issued is never changed: a credit note takes it back.
      </Text>
      <Group align="flex-end" gap="sm">
        <MonthSelect
          label="Up to and with"
          over
          allowDeselect={false}
          value={month}
          disabled={isBusy}
          onChange={(chosen) => {
            setMonth(chosen);
            setBegun(undefined);
          }}
          w={220}
        />
        <Button variant={mayIssue ? "default" : "filled"} onClick={() => begin(true)} loading={isBusy && !mayIssue}>
          Look what is due
        </Button>
      </Group>
      {run?.state === "running" && (
        <Group gap="sm">
          <Loader size="sm" />
          <Text size="sm">This takes a while. You can close this window: what was begun goes on.</Text>
        </Group>
      )}
      {run?.state === "failed" && (
        <Alert color="red" variant="light" title="Nothing could be issued">
          {run.error}
        </Alert>
      )}
      {result !== undefined && <Result result={result} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {result?.dryRun === false ? "Close" : "Cancel"}
        </Button>
        {mayIssue && (
          <Button onClick={() => begin(false)} loading={isBusy}>
            Issue {result.count === 1 ? "this invoice" : `these ${result.count} invoices`}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Result({ result }: { result: NonNullable<InvoiceRun["result"]> }) {
  const { dryRun, count, total, accounts, invoices, failed } = result;
  const looked = `${accounts} postpaid ${accounts === 1 ? "account was" : "accounts were"} looked at.`;
  return (
    <Stack gap="sm">
      <Text size="sm">
        <b>
          {count} {count === 1 ? "invoice" : "invoices"} {dryRun ? "would be issued" : "issued"}
        </b>
        {count > 0 && (
          <>
            {" "}
            of <Usd amount={total} /> together
          </>
        )}
        . {looked}
      </Text>
      {invoices.length > 0 && (
        <Table.ScrollContainer minWidth={480} maxHeight={320}>
          <Table withTableBorder verticalSpacing={6} stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{dryRun ? "Account" : "Number"}</Table.Th>
                <Table.Th>Buyer</Table.Th>
                <Table.Th>Month</Table.Th>
                <Table.Th ta="right">Tax</Table.Th>
                <Table.Th ta="right">Total</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {invoices.map(({ number, accountId, buyer, month, tax, total: sum }) => (
                <Table.Tr key={`${accountId} ${month}`}>
                  <Table.Td className="mono">{number ?? accountId}</Table.Td>
                  <Table.Td>{buyer}</Table.Td>
                  <Table.Td>{formatMonth(month)}</Table.Td>
                  <Table.Td ta="right">
                    <Usd amount={tax} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Usd amount={sum} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {count > invoices.length && (
        <Text size="xs" c="dimmed">
          and {count - invoices.length} more
        </Text>
      )}
      {failed.map(({ accountId, month, reason }) => (
        <Alert key={`${accountId} ${month}`} color="red" variant="light" title={`${accountId}, ${formatMonth(month)}`}>
          {reason} The ledger check tells more.
        </Alert>
      ))}
    </Stack>
  );
}
