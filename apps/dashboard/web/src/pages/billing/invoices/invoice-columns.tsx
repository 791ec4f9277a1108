/** Columns of lists of invoices. */
import { Anchor, Badge, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Invoice, InvoiceStatus } from "@tera/admin-api/invoices";
import type { DataTableColumn } from "mantine-datatable";
import { Moment } from "../../../format/moment.tsx";
import { formatMonth } from "../../../format/month.ts";
import { Usd } from "../../../format/usd.tsx";

export function invoiceColumns({ withBuyer }: { withBuyer: boolean }): DataTableColumn<Invoice>[] {
  return [
    {
      accessor: "number",
      title: "Number",
      noWrap: true,
      render: ({ number, kind, refersTo }) => (
        <>
          <Anchor
            component={Link}
            to={`/billing/invoices/${number}`}
            size="sm"
            fw={600}
            c="inherit"
            underline="hover"
            className="mono"
          >
            {number}
          </Anchor>
          {kind === "credit_note" && (
            <Text size="xs" c="dimmed">
              on {refersTo}
            </Text>
          )}
        </>
      ),
    },
    ...(withBuyer
      ? [
          {
            accessor: "buyer",
            title: "Buyer",
            render: ({ buyer, accountId }: Invoice) => (
              <>
                <Text size="sm" miw={180}>
                  {buyer}
                </Text>
                <Text size="xs" c="dimmed" className="mono">
                  {accountId}
                </Text>
              </>
            ),
          },
        ]
      : []),
    { accessor: "month", title: "Month", noWrap: true, render: ({ month }) => formatMonth(month) },
    { accessor: "status", title: "Status", render: (invoice) => <InvoiceBadge invoice={invoice} /> },
    {
      accessor: "total",
      title: "Total",
      sortable: true,
      textAlign: "right",
      render: ({ total }) => <Usd amount={total} />,
    },
    {
      accessor: "open",
      title: "Open",
      textAlign: "right",
      render: ({ open }) =>
        open === "0" ? (
          <Text span c="dimmed" inherit aria-label="nothing">
            –
          </Text>
        ) : (
          <Usd amount={open} />
        ),
    },
    {
      accessor: "issuedAt",
      title: "Issued",
      sortable: true,
      noWrap: true,
      render: ({ issuedAt }) => <Moment at={issuedAt} to="day" />,
    },
    {
      accessor: "dueAt",
      title: "Due",
      sortable: true,
      noWrap: true,
      render: ({ dueAt, kind }) => (kind === "invoice" ? <Moment at={dueAt} to="day" /> : null),
    },
  ];
}

const colors: Readonly<Record<InvoiceStatus, string>> = {
  open: "blue",
  overdue: "red",
  paid: "tera",
  credited: "gray",
};

export function InvoiceBadge({ invoice: { status } }: { invoice: Pick<Invoice, "status"> }) {
  return (
    <Badge variant="light" color={status === null ? "cyan" : colors[status]}>
      {status ?? "credit note"}
    </Badge>
  );
}
