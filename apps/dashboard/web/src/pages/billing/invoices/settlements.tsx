/** What became of an invoice: payments, and credit notes. */
import { Anchor, Stack, Table, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { InvoiceDetails } from "@tera/admin-api/invoices";
import { Moment } from "../../../format/moment.tsx";
import { Usd } from "../../../format/usd.tsx";

export function Settlements({ invoice }: { invoice: InvoiceDetails }) {
  const { payments, creditNotes, open, paymentNote, kind } = invoice;
  if (kind === "credit_note") return null;
  return (
    <Stack gap="xs" component="section" aria-label="Payments and credit notes">
      <Title order={2} size="h4">
        Payments and credit notes
      </Title>
      {payments.length + creditNotes.length === 0 ? (
        <Text size="sm" c="dimmed">
          None yet.
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={420}>
          <Table withTableBorder verticalSpacing={6}>
            <Table.Tbody>
              {payments.map(({ at, amount, reason, reference }) => (
                <Table.Tr key={`${at} ${amount} ${reference}`}>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>
                    <Moment at={at} />
                  </Table.Td>
                  <Table.Td style={{ overflowWrap: "anywhere" }}>
                    {reason}
                    {reference !== null && !reason.includes(reference) && (
                      <Text size="xs" c="dimmed" className="mono">
                        {reference}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td ta="right">
                    <Usd amount={amount} />
                  </Table.Td>
                </Table.Tr>
              ))}
              {creditNotes.map(({ number, issuedAt, total, reason }) => (
                <Table.Tr key={number}>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>
                    <Moment at={issuedAt} />
                  </Table.Td>
                  <Table.Td>
                    <Anchor size="sm" component={Link} to={`/billing/invoices/${number}`}>
                      Credit note {number}
                    </Anchor>
                    {reason !== null && `: ${reason}`}
                  </Table.Td>
                  <Table.Td ta="right">
                    <Usd amount={total} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {open !== "0" && paymentNote !== null && (
        <Text size="sm" c="dimmed" style={{ whiteSpace: "pre-line" }}>
          {paymentNote}
        </Text>
      )}
    </Stack>
  );
}
