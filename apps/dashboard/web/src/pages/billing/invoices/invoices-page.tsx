/** All invoices and credit notes. */
import { Alert, Button } from "@mantine/core";
import { IconFileInvoice } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { invoiceFilters } from "@tera/admin-api/invoices";
import { useState } from "react";
import { billingSettingsQuery } from "../../../api/billing.ts";
import { invoicesQuery } from "../../../api/invoices.ts";
import { useMay, useSession } from "../../../api/session.ts";
import { ChoiceFilter } from "../../../form/choice-filter.tsx";
import { MonthSelect } from "../../../form/month-select.tsx";
import { EmptyState } from "../../../list/empty-state.tsx";
import { ListTable } from "../../../list/list-table.tsx";
import { BillingFrame } from "../billing-frame.tsx";
import { invoiceColumns } from "./invoice-columns.tsx";
import { InvoiceRunForm } from "./invoice-run-form.tsx";

const route = getRouteApi("/inside/billing/invoices");

export function InvoicesPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/billing/invoices" });
  const invoices = useQuery(invoicesQuery(search));
  const { data: settings } = useQuery(billingSettingsQuery);
  const isOperator = useSession().accounts === null;
  const mayWrite = useMay("billing:write");
  const [isRunning, setRunning] = useState(false);
  const narrow = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const run = mayWrite && (
    <Button leftSection={<IconFileInvoice size={16} />} onClick={() => setRunning(true)}>
      Issue invoices
    </Button>
  );
  return (
    <BillingFrame tab="invoices" actions={run}>
      {isOperator && settings?.seller === false && (
        <Alert variant="light" color="orange" mb="md" title="Nobody has said who sells">
          Invoices are issued once it is known: <Link to="/billing/seller">say it under Seller</Link>.
        </Alert>
      )}
      <ListTable
        label="Invoices"
        query={invoices}
        idOf={({ number }) => number}
        search={search}
        onSearch={narrow}
        standardSort="-issuedAt"
        searchPlaceholder="Search number or buyer"
        isFiltered={search.status !== undefined || search.month !== undefined}
        filters={
          <>
            <ChoiceFilter
              label="Status"
              choices={invoiceFilters}
              value={search.status}
              onChange={(status) => narrow({ status, page: undefined })}
              w={150}
            />
            <MonthSelect
              aria-label="Month"
              placeholder="Any month"
              clearable
              value={search.month ?? null}
              onChange={(month) => narrow({ month: month ?? undefined, page: undefined })}
              w={180}
            />
          </>
        }
        empty={
          <EmptyState title="No invoices yet" action={run}>
            Postpaid accounts get one soon after each month (UTC) in which they used something.
          </EmptyState>
        }
        columns={invoiceColumns({ withBuyer: true })}
        onOpen={({ number }) => navigate({ to: "/billing/invoices/$number", params: { number } })}
      />
      <InvoiceRunForm opened={isRunning} onClose={() => setRunning(false)} />
    </BillingFrame>
  );
}
