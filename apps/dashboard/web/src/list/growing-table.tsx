/** A list that only grows, read from its newest end: more is fetched by a button. */
import { Button, Center, Stack } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import "mantine-datatable/styles.layer.css";
import { DataTable, type DataTableColumn, type DataTableRowExpansionProps } from "mantine-datatable";
import type { KeyboardEvent, ReactNode } from "react";
import { NotLoaded } from "./not-loaded.tsx";
import { rowOpening } from "./row-opening.ts";

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
        <NotLoaded what={label} error={query.error} onRetry={query.refetch} />
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
          {...(rowExpansion === undefined ? {} : { rowExpansion, customRowAttributes: () => pressable })}
          {...rowOpening(onOpen)}
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

/** What a click on a row does, Enter does too. */
const pressable = {
  tabIndex: 0,
  onKeyDown(event: KeyboardEvent<HTMLTableRowElement>) {
    if (event.key === "Enter" && event.target === event.currentTarget) event.currentTarget.click();
  },
};
