/** A list that only grows, read from its newest end: more is fetched by a button. */
import { Alert, Button, Center, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import "mantine-datatable/styles.layer.css";
import { DataTable, type DataTableColumn, type DataTableRowExpansionProps } from "mantine-datatable";
import type { ReactNode } from "react";

export interface GrowingTableProps<Item> {
  label: string;
  query: UseInfiniteQueryResult<InfiniteData<{ items: Item[]; next: string | null }>>;
  columns: DataTableColumn<Item>[];
  idOf: (item: Item) => string;
  filters?: ReactNode;
  isFiltered?: boolean;
  empty: ReactNode;
  onOpen?: (item: Item) => void;
  /** What is shown under a row that was opened. */
  rowExpansion?: DataTableRowExpansionProps<Item>;
}

export function GrowingTable<Item>(props: GrowingTableProps<Item>) {
  const { label, query, columns, idOf, filters, isFiltered = false, empty, onOpen, rowExpansion } = props;
  if (query.isError) {
    return (
      <Stack gap="sm">
        {filters}
        <Alert color="red" icon={<IconAlertTriangle />} title={`${label} could not be loaded`}>
          <Stack align="flex-start" gap="xs">
            <Text size="sm">{query.error.message}</Text>
            <Button size="xs" variant="light" color="red" onClick={() => query.refetch()}>
              Try again
            </Button>
          </Stack>
        </Alert>
      </Stack>
    );
  }
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isEmpty = query.isSuccess && items.length === 0 && !isFiltered;
  return (
    <Stack gap="sm" component="section" aria-label={label}>
      {filters}
      {isEmpty ? (
        empty
      ) : (
        <DataTable
          withTableBorder
          borderRadius="md"
          highlightOnHover={onOpen !== undefined || rowExpansion !== undefined}
          minHeight={150}
          fetching={query.isPending}
          records={items}
          idAccessor={(item) => idOf(item)}
          columns={columns}
          noRecordsText="Nothing matches. Change the filters."
          {...(rowExpansion === undefined ? {} : { rowExpansion })}
          {...(onOpen === undefined ? {} : { onRowClick: ({ record }: { record: Item }) => onOpen(record) })}
        />
      )}
      {query.hasNextPage && (
        <Center>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
            Show more
          </Button>
        </Center>
      )}
    </Stack>
  );
}
