/** Keys, of everybody or of one account: state, limits and budget of each at a glance. */
import { Anchor, Box, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type Key, keyStates } from "@tera/admin-api/keys";
import type { DataTableColumn } from "mantine-datatable";
import type { ReactNode } from "react";
import { keysQuery } from "../../api/keys.ts";
import { useSession } from "../../api/session.ts";
import { AccountFilter } from "../../form/account-filter.tsx";
import { ChoiceFilter } from "../../form/choice-filter.tsx";
import { ModelSelect } from "../../form/model-select.tsx";
import { Ago } from "../../format/ago.tsx";
import { EmptyState } from "../../list/empty-state.tsx";
import { ListTable } from "../../list/list-table.tsx";
import { BudgetBar } from "./budget-bar.tsx";
import { tightestBudget } from "./budgets.ts";
import type { KeySearch } from "./key-search.ts";
import { KeyStanding } from "./key-state.tsx";
import { limitsInWords } from "./limits-text.ts";

export interface KeyListProps {
  search: KeySearch;
  onSearch(change: KeySearch): void;
  /** Only keys of this one; absent: of all that there are to see. */
  accountId?: string;
  /** What makes the first one. */
  create: ReactNode;
}

export function KeyList({ search, onSearch, accountId, create }: KeyListProps) {
  const navigate = useNavigate();
  const { accounts } = useSession();
  const { page, pageSize, sort, state, model } = search;
  const keys = useQuery(
    keysQuery({ page, pageSize, sort, search: search.search, state, model, accountId: accountId ?? search.accountId }),
  );
  const ofSeveralAccounts = accountId === undefined && accounts?.length !== 1;

  return (
    <ListTable
      label="Keys"
      query={keys}
      idOf={({ id }) => id}
      search={search}
      onSearch={onSearch}
      standardSort="-createdAt"
      searchPlaceholder={ofSeveralAccounts ? "Search name, id, last four, account" : "Search name, id, last four"}
      isFiltered={state !== undefined || model !== undefined || (ofSeveralAccounts && search.accountId !== undefined)}
      filters={
        <>
          {ofSeveralAccounts && (
            <AccountFilter
              value={search.accountId}
              onChange={(chosen) => onSearch({ accountId: chosen, page: undefined })}
            />
          )}
          <ChoiceFilter
            label="State"
            choices={keyStates}
            value={state}
            onChange={(chosen) => onSearch({ state: chosen, page: undefined })}
            w={140}
          />
          <ModelSelect
            aria-label="May use the model"
            placeholder="Any model"
            value={model ?? null}
            onChange={(chosen) => onSearch({ model: chosen ?? undefined, page: undefined })}
            w={220}
          />
          {accountId !== undefined && (keys.data?.total ?? 0) > 0 && <Box ml="auto">{create}</Box>}
        </>
      }
      empty={
        <EmptyState title="No keys yet" action={create}>
          A key opens the API for an account. Make one for each program, so that each can be limited, watched and
          revoked on its own.
        </EmptyState>
      }
      columns={[
        { accessor: "name", title: "Name", sortable: true, width: 165, render: (key) => <NameCell of={key} /> },
        ...(ofSeveralAccounts ? [accountColumn] : []),
        { accessor: "state", title: "State", render: (key) => <KeyStanding of={key} /> },
        { accessor: "limits", title: "Limits", width: 155, render: (key) => <LimitsCell of={key} /> },
        { accessor: "budget", title: "Budget", width: 175, render: (key) => <BudgetCell of={key} /> },
        {
          accessor: "lastUsedAt",
          title: "Last used",
          noWrap: true,
          render: ({ lastUsedAt }) => <Ago at={lastUsedAt} />,
        },
        {
          accessor: "expiresAt",
          title: "Expires",
          sortable: true,
          noWrap: true,
          render: ({ expiresAt }) => <Ago at={expiresAt} />,
        },
        {
          accessor: "createdAt",
          title: "Created",
          sortable: true,
          noWrap: true,
          render: ({ createdAt }) => <Ago at={createdAt} />,
        },
      ]}
      onOpen={({ id }) => navigate({ to: "/keys/$keyId", params: { keyId: id } })}
    />
  );
}

const accountColumn: DataTableColumn<Key> = {
  accessor: "account",
  title: "Account",
  sortable: true,
  width: 125,
  render: ({ accountName }) => (
    <Text size="sm" lineClamp={2}>
      {accountName}
    </Text>
  ),
};

function NameCell({ of: { id, name, lastFour } }: { of: Key }) {
  return (
    <>
      <Anchor component={Link} to={`/keys/${id}`} size="sm" fw={600} c="var(--mantine-color-text)" lineClamp={2}>
        {name}
      </Anchor>
      <Text size="xs" c="dimmed" className="mono">
        sk-tera-…{lastFour}
      </Text>
    </>
  );
}

function LimitsCell({ of }: { of: Key }) {
  const words = limitsInWords(of);
  if (words.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        none
      </Text>
    );
  }
  return <Text size="xs">{words.join(" · ")}</Text>;
}

function BudgetCell({ of }: { of: Key }) {
  const budget = tightestBudget(of);
  if (budget === undefined) {
    return (
      <Text size="sm" c="dimmed">
        none
      </Text>
    );
  }
  return <BudgetBar budget={budget} />;
}
