/** All accounts. */
import { Anchor, Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { accountKindSchema } from "@tera/admin-api/accounts";
import { useState } from "react";
import { accountsQuery } from "../../api/accounts.ts";
import { useMay } from "../../api/session.ts";
import { ChoiceFilter } from "../../form/choice-filter.tsx";
import { Moment } from "../../format/moment.tsx";
import { EmptyState } from "../../list/empty-state.tsx";
import { ListTable } from "../../list/list-table.tsx";
import { Page } from "../../shell/page.tsx";
import { AccountCell, balanceColumn, kindColumn } from "./account-cells.tsx";
import { AccountForm } from "./account-form.tsx";

const route = getRouteApi("/inside/accounts");

export function AccountsPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/accounts" });
  const accounts = useQuery(accountsQuery(search));
  const mayWrite = useMay("accounts:write");
  const [isCreating, setCreating] = useState(false);
  const narrow = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>
      New account
    </Button>
  );

  return (
    <Page title="Accounts" about="Who is charged. Keys, usage and credit hang on an account." actions={create}>
      <ListTable
        label="Accounts"
        query={accounts}
        idOf={({ id }) => id}
        search={search}
        onSearch={narrow}
        standardSort="-createdAt"
        searchPlaceholder="Search name or id"
        isFiltered={search.kind !== undefined || search.state !== undefined}
        filters={
          <>
            <ChoiceFilter
              label="Kind"
              choices={accountKindSchema.options}
              value={search.kind}
              onChange={(kind) => narrow({ kind, page: undefined })}
              w={150}
            />
            <ChoiceFilter
              label="State"
              choices={["enabled", "disabled"]}
              value={search.state}
              onChange={(state) => narrow({ state, page: undefined })}
              w={150}
            />
          </>
        }
        empty={
          <EmptyState title="No accounts yet" action={create}>
            An account is who pays: a customer, a team, yourself. Make one, then give it keys.
          </EmptyState>
        }
        columns={[
          {
            accessor: "name",
            title: "Name",
            sortable: true,
            render: (account) => (
              <AccountCell of={account}>
                <Anchor component={Link} to={`/accounts/${account.id}`} inherit c="inherit" underline="hover">
                  {account.name}
                </Anchor>
              </AccountCell>
            ),
          },
          kindColumn(),
          balanceColumn(),
          { accessor: "keys", title: "Keys", textAlign: "right" },
          {
            accessor: "createdAt",
            title: "Created",
            sortable: true,
            render: ({ createdAt }) => <Moment at={createdAt} />,
          },
        ]}
        onOpen={({ id }) => navigate({ to: "/accounts/$accountId", params: { accountId: id } })}
      />
      <AccountForm opened={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}
