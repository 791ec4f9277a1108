/** All batches, the newest first: how far each is, and what it costs. */
import { Box, Button, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { batchStatuses, type ListedBatch } from "@tera/admin-api/batches";
import type { DataTableColumn } from "mantine-datatable";
import { lazy, Suspense, useState } from "react";
import { batchesQuery } from "../../api/batches.ts";
import { useMay, useSession } from "../../api/session.ts";
import { AccountFilter } from "../../form/account-filter.tsx";
import { ChoiceFilter } from "../../form/choice-filter.tsx";
import { Moment } from "../../format/moment.tsx";
import { Usd } from "../../format/usd.tsx";
import { EmptyState } from "../../list/empty-state.tsx";
import { ListTable } from "../../list/list-table.tsx";
import { Page } from "../../shell/page.tsx";
import { BatchProgress } from "./batch-progress.tsx";
import { BatchStatusBadge } from "./batch-status.tsx";
import { FirstBatch } from "./first-batch.tsx";

const NewBatchDrawer = lazy(() => import("./new-batch-drawer.tsx").then((file) => ({ default: file.NewBatchDrawer })));

const route = getRouteApi("/inside/batches");

export function BatchesPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/batches" });
  const batches = useQuery(batchesQuery(search));
  const { accounts } = useSession();
  const hasAccounts = accounts === null || accounts.length > 1;
  const mayStart = useMay("batches:write");
  const [isStarting, setStarting] = useState(false);
  const start = mayStart && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setStarting(true)}>
      New batch
    </Button>
  );
  const narrow = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });

  return (
    <Page
      title="Batches"
      about="Files of requests that run within a day, on what live requests leave free, at a discount."
      actions={start}
    >
      <ListTable
        label="Batches"
        query={batches}
        idOf={({ id }) => id}
        search={search}
        onSearch={narrow}
        standardSort="-createdAt"
        searchPlaceholder="Search id or file name"
        isFiltered={search.status !== undefined || search.accountId !== undefined}
        filters={
          <>
            <ChoiceFilter
              label="Status"
              choices={batchStatuses}
              value={search.status}
              onChange={(status) => narrow({ status, page: undefined })}
            />
            {hasAccounts && (
              <AccountFilter
                value={search.accountId}
                onChange={(accountId) => narrow({ accountId, page: undefined })}
              />
            )}
          </>
        }
        empty={
          <EmptyState
            title="No batches yet"
            action={
              <Stack align="center" w="100%">
                {start}
                <FirstBatch />
              </Stack>
            }
          >
            A batch is a file of requests, one in each line. Upload it, start it, and fetch the answers when they are
            there: here, or with OpenAI's clients, which work unchanged.
          </EmptyState>
        }
        columns={columnsOf(hasAccounts)}
        onOpen={({ id }) => navigate({ to: "/batches/$batchId", params: { batchId: id } })}
      />
      {isStarting && (
        <Suspense>
          <NewBatchDrawer onClose={() => setStarting(false)} accountId={search.accountId} />
        </Suspense>
      )}
    </Page>
  );
}

function columnsOf(hasAccounts: boolean): DataTableColumn<ListedBatch>[] {
  return [
    { accessor: "fileName", title: "Batch", render: (batch) => <NameCell batch={batch} /> },
    { accessor: "status", title: "Status", noWrap: true, render: (batch) => <BatchStatusBadge batch={batch} /> },
    {
      accessor: "counts",
      title: "Progress",
      width: 220,
      render: ({ counts }) => counts.total > 0 && <BatchProgress counts={counts} />,
    },
    ...(hasAccounts ? [{ accessor: "accountName", title: "Account" } satisfies DataTableColumn<ListedBatch>] : []),
    { accessor: "cost", title: "Cost", textAlign: "right", noWrap: true, render: ({ cost }) => <Usd amount={cost} /> },
    {
      accessor: "createdAt",
      title: "Created",
      sortable: true,
      noWrap: true,
      render: ({ createdAt }) => <Moment at={createdAt} />,
    },
  ];
}

/** Names may be long: they are cut, and whole on hover. */
function NameCell({ batch: { id, fileName, inputFileId } }: { batch: ListedBatch }) {
  const name = fileName ?? inputFileId;
  return (
    <Box maw={{ base: 200, xs: 260 }}>
      <Text
        size="sm"
        fw={500}
        display="block"
        truncate
        title={name}
        c="var(--mantine-color-text)"
        td="none"
        renderRoot={(props) => <Link {...props} to="/batches/$batchId" params={{ batchId: id }} />}
      >
        {name}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        <span className="mono">{id}</span>
      </Text>
    </Box>
  );
}
