/** One invoice or credit note: who, what, what became of it; to keep, to pay, to take back. */
import { Alert, Anchor, Button, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { IconCreditCard, IconDownload } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { InvoiceDetails, InvoiceParty } from "@tera/admin-api/invoices";
import { useState } from "react";
import { billingSettingsQuery } from "../../../api/billing.ts";
import { apiUrl } from "../../../api/client.ts";
import { invoiceQuery, usePayLink } from "../../../api/invoices.ts";
import { useMay } from "../../../api/session.ts";
import { Moment } from "../../../format/moment.tsx";
import { formatMonth } from "../../../format/month.ts";
import { tellFailure } from "../../../format/tell.ts";
import { Usd } from "../../../format/usd.tsx";
import { Fact } from "../../../shell/fact.tsx";
import { Page } from "../../../shell/page.tsx";
import { ChargeLines } from "./charge-lines.tsx";
import { CreditNoteForm } from "./credit-note-form.tsx";
import { InvoiceBadge } from "./invoice-columns.tsx";
import { PaymentForm } from "./payment-form.tsx";
import { Settlements } from "./settlements.tsx";

const route = getRouteApi("/inside/billing/invoices/$number");

export function InvoicePage() {
  const { number } = route.useParams();
  const { data: invoice } = useSuspenseQuery(invoiceQuery(number));
  const isNote = invoice.kind === "credit_note";
  return (
    <Page
      title={`${isNote ? "Credit note" : "Invoice"} ${number}`}
      about={
        <Group gap="xs" component="span">
          <InvoiceBadge invoice={invoice} />
          <span>{formatMonth(invoice.month)}</span>
          <Anchor size="sm" component={Link} to={`/billing/accounts/${invoice.accountId}`}>
            {invoice.buyer}
          </Anchor>
          {invoice.refersTo !== null && (
            <Anchor size="sm" component={Link} to={`/billing/invoices/${invoice.refersTo}`}>
              on {invoice.refersTo}
            </Anchor>
          )}
        </Group>
      }
      actions={<Actions invoice={invoice} />}
    >
      <SimpleGrid cols={{ base: 2, sm: 4 }}>
        <Fact label="Total">
          <Usd amount={invoice.total} />
        </Fact>
        {!isNote && (
          <Fact label="Still open">
            <Usd amount={invoice.open} />
          </Fact>
        )}
        <Fact label="Issued">
          <Moment at={invoice.issuedAt} />
        </Fact>
        {!isNote && (
          <Fact label="Due">
            <Moment at={invoice.dueAt} />
          </Fact>
        )}
      </SimpleGrid>
      {invoice.reason !== null && (
        <Alert variant="light" color="gray" title="Why">
          {invoice.reason}
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Party label="From" party={invoice.seller} />
        <Party label={isNote ? "To" : "Bill to"} party={invoice.billTo} />
      </SimpleGrid>
      <Stack gap="xs">
        <ChargeLines lines={invoice.lines} hasMore={invoice.hasMoreLines} />
        <Sums invoice={invoice} />
      </Stack>
      <Settlements invoice={invoice} />
      {invoice.author !== null && (
        <Text size="xs" c="dimmed">
          Issued by {invoice.author}
        </Text>
      )}
    </Page>
  );
}

function Actions({ invoice }: { invoice: InvoiceDetails }) {
  const { number, open, kind, credited, total } = invoice;
  const { data: settings } = useQuery(billingSettingsQuery);
  const mayWrite = useMay("billing:write");
  const mayPay = useMay("billing:pay");
  const paying = usePayLink(number);
  const [form, setForm] = useState<"payment" | "credit note">();
  const isOpen = kind === "invoice" && open !== "0";
  return (
    <>
      {(["pdf", "csv"] as const).map((type) => (
        <Button
          key={type}
          variant="default"
          component="a"
          href={apiUrl(`/invoices/${number}/${type}`)}
          download
          leftSection={<IconDownload size={16} />}
        >
          {type.toUpperCase()}
        </Button>
      ))}
      {mayWrite && isOpen && (
        <Button variant="default" onClick={() => setForm("payment")}>
          Record a payment
        </Button>
      )}
      {mayWrite && kind === "invoice" && credited !== total && (
        <Button variant="light" color="red" onClick={() => setForm("credit note")}>
          Credit note
        </Button>
      )}
      {mayPay && isOpen && settings?.stripe === true && (
        <Button
          leftSection={<IconCreditCard size={16} />}
          loading={paying.isPending || paying.isSuccess}
          onClick={() =>
            paying.mutate(undefined, { onSuccess: ({ url }) => window.location.assign(url), onError: tellFailure })
          }
        >
          Pay by card
        </Button>
      )}
      <PaymentForm opened={form === "payment"} onClose={() => setForm(undefined)} invoice={invoice} />
      <CreditNoteForm opened={form === "credit note"} onClose={() => setForm(undefined)} invoice={invoice} />
    </>
  );
}

function Party({ label, party: { name, address, taxId, email } }: { label: string; party: InvoiceParty }) {
  return (
    <div>
      <Title order={2} size="xs" c="dimmed" fw={500}>
        {label}
      </Title>
      <Text size="sm" fw={600}>
        {name}
      </Text>
      <Text size="sm" style={{ whiteSpace: "pre-line" }}>
        {[address, taxId === null ? null : `Tax id ${taxId}`, email].filter((line) => line !== null).join("\n")}
      </Text>
    </div>
  );
}

function Sums({ invoice: { exact, rounding, taxRatePercent, tax, total } }: { invoice: InvoiceDetails }) {
  return (
    <Table maw={360} ml="auto" verticalSpacing={4} withRowBorders={false} aria-label="Sums">
      <Table.Tbody>
        <Sum label="Sum of lines" amount={exact} />
        {rounding !== "0" && <Sum label="Rounding to the cent" amount={rounding} />}
        {tax !== "0" && <Sum label={`Tax ${taxRatePercent} %`} amount={tax} />}
        <Sum label="Total" amount={total} isStrong />
      </Table.Tbody>
    </Table>
  );
}

function Sum({ label, amount, isStrong = false }: { label: string; amount: string; isStrong?: boolean }) {
  return (
    <Table.Tr {...(isStrong ? { fw: 700 } : {})}>
      <Table.Td>{label}</Table.Td>
      <Table.Td ta="right">
        <Usd amount={amount} />
      </Table.Td>
    </Table.Tr>
  );
}
