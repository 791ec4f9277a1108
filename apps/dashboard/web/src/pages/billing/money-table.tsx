/** Accounts with what they have and owe, the lowest balance first. */
import { Anchor, Badge, Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { accountsMoneyQuery } from "../../api/billing.ts";
import { Usd } from "../../format/usd.tsx";
import { EmptyState } from "../../list/empty-state.tsx";
import { ListTable } from "../../list/list-table.tsx";

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
        <Select
          aria-label="Kind"
          placeholder="Any kind"
          clearable
          data={["prepaid", "postpaid"]}
          value={search.kind ?? null}
          onChange={(kind) => narrow({ kind: toKind(kind), page: undefined })}
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
            <>
              <Text size="sm" fw={600}>
                <Anchor component={Link} to={`/billing/accounts/${accountId}`} inherit c="inherit" underline="hover">
                  {name}
                </Anchor>{" "}
                {disabledAt !== null && (
                  <Badge color="red" size="xs">
                    disabled
                  </Badge>
                )}
              </Text>
              <Text size="xs" c="dimmed" className="mono">
                {accountId}
              </Text>
            </>
          ),
        },
        {
          accessor: "kind",
          title: "Kind",
          render: ({ kind }) => (
            <Badge variant="light" color={kind === "prepaid" ? "tera" : "blue"}>
              {kind}
            </Badge>
          ),
        },
        {
          accessor: "balance",
          title: "Balance",
          sortable: true,
          textAlign: "right",
          render: ({ balance }) => <Usd amount={balance} />,
        },
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

const toKind = (text: string | null) => (text === "prepaid" || text === "postpaid" ? text : undefined);
