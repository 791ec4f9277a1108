/** Single requests, the latest first: how each ended, what it used and what it cost. */
import { Box, Button, Text } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ListedRequest } from "@tera/admin-api/requests";
import type { DataTableColumn } from "mantine-datatable";
import { useMemo } from "react";
import { requestsQuery } from "../../api/requests.ts";
import { useSession } from "../../api/session.ts";
import { formatMs } from "../../format/duration.ts";
import { Moment } from "../../format/moment.tsx";
import { formatCount } from "../../format/quantity.ts";
import { Usd } from "../../format/usd.tsx";
import { EmptyState } from "../../list/empty-state.tsx";
import { GrowingTable } from "../../list/growing-table.tsx";
import { rangeOf } from "../../period/period.ts";
import { Page } from "../../shell/page.tsx";
import { RefusalSums } from "./refusal-sums.tsx";
import { StatusAndCode } from "./request-status.tsx";
import { RequestsFilters } from "./requests-filters.tsx";
import type { RequestsSearch } from "./requests-search.ts";

const route = getRouteApi("/inside/requests");

export function RequestsPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/requests" });
  const client = useQueryClient();
  const { accounts } = useSession();
  const hasAccounts = accounts === null || accounts.length > 1;
  const narrow = (change: Partial<RequestsSearch>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const { period, from, to, ...filters } = search;
  // Until the period is chosen anew: a list that grows keeps its beginning.
  const range = useMemo(() => rangeOf({ period, from, to }, Date.now()), [period, from, to]);
  const requests = useInfiniteQuery(requestsQuery({ ...filters, ...range }));

  return (
    <Page
      title="Requests"
      about="Each request: how it ended, what it used, what it cost, and why."
      actions={
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} />}
          loading={requests.isRefetching}
          onClick={() => client.resetQueries({ queryKey: ["requests"] })}
        >
          Refresh
        </Button>
      }
    >
      <RequestsFilters search={search} onNarrow={narrow} hasAccounts={hasAccounts} />
      {search.status === "refused" && search.id === undefined && (
        <RefusalSums
          filters={{ accountId: search.accountId, keyId: search.keyId, ...range }}
          onCode={(code) => narrow({ code })}
        />
      )}
      <GrowingTable
        label="Requests"
        query={requests}
        idOf={({ id }) => id}
        isFiltered={Object.values(search).some((value) => value !== undefined)}
        empty={
          <EmptyState title="No requests yet">
            Requests are here a second after they ended, and those that were refused as well. Make a key and call the
            API, or try a model in the playground.
          </EmptyState>
        }
        columns={columnsOf(hasAccounts)}
        onOpen={({ id }) => navigate({ to: "/requests/$requestId", params: { requestId: id } })}
      />
    </Page>
  );
}

function columnsOf(hasAccounts: boolean): DataTableColumn<ListedRequest>[] {
  return [
    { accessor: "at", title: "When", noWrap: true, render: (request) => <When request={request} /> },
    {
      accessor: "status",
      title: "Status",
      noWrap: true,
      render: ({ status, code }) => <StatusAndCode status={status} code={code} />,
    },
    {
      accessor: "model",
      title: "Model",
      render: ({ model, endpoint }) => <Named first={model ?? "–"} second={endpoint} />,
    },
    {
      accessor: "keyName",
      title: "Key",
      render: ({ keyName, keyId, accountName, accountId }) => (
        <Named first={keyName ?? keyId} second={hasAccounts ? (accountName ?? accountId) : null} />
      ),
    },
    {
      accessor: "promptTokens",
      title: "Tokens in → out",
      textAlign: "right",
      noWrap: true,
      render: (request) => <Tokens request={request} />,
    },
    {
      accessor: "totalMs",
      title: "Time",
      textAlign: "right",
      noWrap: true,
      render: ({ totalMs, ttftMs }) => (
        <Figure
          first={totalMs === null ? "–" : formatMs(totalMs)}
          second={ttftMs === null ? null : `first ${formatMs(ttftMs)}`}
        />
      ),
    },
    { accessor: "cost", title: "Cost", textAlign: "right", noWrap: true, render: ({ cost }) => <Usd amount={cost} /> },
  ];
}

function When({ request: { id, at } }: { request: ListedRequest }) {
  return (
    <>
      <Text
        size="sm"
        fw={500}
        c="var(--mantine-color-text)"
        td="none"
        renderRoot={(props) => <Link {...props} to="/requests/$requestId" params={{ requestId: id }} />}
      >
        <Moment at={at} to="second" />
      </Text>
      <Text size="xs" c="dimmed">
        <span className="mono">{id}</span>
      </Text>
    </>
  );
}

function Tokens({ request }: { request: ListedRequest }) {
  const { status, promptTokens, cachedTokens, completionTokens, reasoningTokens, speechCharacters } = request;
  if (status === "refused") return "–";
  if (speechCharacters > 0) return <Figure first={`${formatCount(speechCharacters)} characters`} second={null} />;
  const parts = [
    ...(cachedTokens > 0 ? [`${formatCount(cachedTokens)} cached`] : []),
    ...(reasoningTokens > 0 ? [`${formatCount(reasoningTokens)} reasoning`] : []),
  ];
  return (
    <Figure
      first={`${formatCount(promptTokens)} → ${formatCount(completionTokens)}`}
      second={parts.length === 0 ? null : parts.join(", ")}
    />
  );
}

function Figure({ first, second }: { first: string; second: string | null }) {
  return (
    <>
      <Text size="sm">{first}</Text>
      {second !== null && (
        <Text size="xs" c="dimmed">
          {second}
        </Text>
      )}
    </>
  );
}

/** Names may be long: they are cut, and whole on hover. */
function Named({ first, second }: { first: string; second: string | null }) {
  return (
    <Box maw={150}>
      <Text size="sm" truncate title={first}>
        {first}
      </Text>
      {second !== null && (
        <Text size="xs" c="dimmed" truncate title={second}>
          {second}
        </Text>
      )}
    </Box>
  );
}
