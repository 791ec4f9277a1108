/** The invoices of one account. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { AccountMoney } from "@tera/admin-api/billing";
import { useState } from "react";
import { invoicesQuery } from "../../../api/invoices.ts";
import { EmptyState } from "../../../list/empty-state.tsx";
import type { ListSearch } from "../../../list/list-search.ts";
import { ListTable } from "../../../list/list-table.tsx";
import { invoiceColumns } from "../invoices/invoice-columns.tsx";

export function AccountInvoices({ account: { accountId, kind } }: { account: AccountMoney }) {
  const [search, setSearch] = useState<ListSearch>({});
  const navigate = useNavigate();
  const invoices = useQuery(invoicesQuery({ ...search, accountId }));
  return (
    <ListTable
      label="Invoices"
      query={invoices}
      idOf={({ number }) => number}
      search={search}
      onSearch={(change) => setSearch((before) => ({ ...before, ...change }))}
      standardSort="-issuedAt"
      searchPlaceholder="Search number"
      empty={
        <EmptyState title="No invoices yet">
          {kind === "postpaid"
            ? "One is issued soon after each month (UTC) in which something was used."
            : "A prepaid account pays before it uses: its months are under Statements."}
        </EmptyState>
      }
      columns={invoiceColumns({ withBuyer: false })}
      onOpen={({ number }) => navigate({ to: "/billing/invoices/$number", params: { number } })}
    />
  );
}
