/** Accounts with what they have and owe, the lowest balance first. */
import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { accountKindSchema } from "@tera/admin-api/accounts";
import { accountsMoneyQuery } from "../../api/billing.ts";
import { ChoiceFilter } from "../../form/choice-filter.tsx";
import { Usd } from "../../format/usd.tsx";
import { EmptyState } from "../../list/empty-state.tsx";
import { ListTable } from "../../list/list-table.tsx";
import { AccountCell, balanceColumn, kindColumn } from "../accounts/account-cells.tsx";

const route = getRouteApi("/inside/billing");

export function MoneyTable() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/billing" });
  const accounts = useQuery(accountsMoneyQuery(search));
  const narrow = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <ListTable
      label="Accounts"
      query={accounts}
      idOf={({ accountId }) => accountId}
      search={search}
      onSearch={narrow}
      standardSort="balance"
      searchPlaceholder="Search name or id"
      isFiltered={search.kind !== undefined}
      filters={
        <ChoiceFilter
          label="Kind"
          choices={accountKindSchema.options}
          value={search.kind}
          onChange={(kind) => narrow({ kind, page: undefined })}
          w={150}
        />
      }
      empty={<EmptyState title="No accounts yet">Make one under Accounts: it is who pays.</EmptyState>}
      columns={[
        {
          accessor: "name",
          title: "Account",
          sortable: true,
          render: ({ name, accountId, disabledAt }) => (
            <AccountCell of={{ id: accountId, disabledAt }}>
              <Anchor component={Link} to={`/billing/accounts/${accountId}`} inherit c="inherit" underline="hover">
                {name}
              </Anchor>
            </AccountCell>
          ),
        },
        kindColumn(),
        balanceColumn(),
        {
          accessor: "available",
          title: "Available",
          textAlign: "right",
          // A postpaid account is not stopped by its balance.
          render: ({ kind, available }) => (kind === "prepaid" ? <Usd amount={available} /> : <Nothing />),
        },
        {
          accessor: "invoiced",
          title: "Open invoices",
          textAlign: "right",
          render: ({ invoiced, overdue }) =>
            invoiced === "0" ? (
              <Nothing />
            ) : (
              <>
                <Usd amount={invoiced} />
                {overdue !== "0" && (
                  <Text size="xs" c="red">
                    <Usd amount={overdue} /> overdue
                  </Text>
                )}
              </>
            ),
        },
        {
          accessor: "debt",
          title: "Debt",
          textAlign: "right",
          render: ({ debt }) =>
            debt === "0" ? (
              <Nothing />
            ) : (
              <Text span inherit c="red">
                <Usd amount={debt} />
              </Text>
            ),
        },
      ]}
      onOpen={({ accountId }) => navigate({ to: "/billing/accounts/$accountId", params: { accountId } })}
    />
  );
}

function Nothing() {
  return (
    <Text span c="dimmed" inherit aria-label="nothing">
      –
    </Text>
  );
}
