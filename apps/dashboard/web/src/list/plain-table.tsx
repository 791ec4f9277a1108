/** A short list that is there as a whole: loading, failure with a way to try again, an empty state. */
import type { UseQueryResult } from "@tanstack/react-query";
import "mantine-datatable/styles.layer.css";
import { DataTable, type DataTableColumn } from "mantine-datatable";
import type { ReactNode } from "react";
import { NotLoaded } from "./not-loaded.tsx";
import { rowOpening } from "./row-opening.ts";

export interface PlainTableProps<Item> {
  label: string;
  query: UseQueryResult<{ items: Item[] }>;
  columns: DataTableColumn<Item>[];
  idOf: (item: Item) => string;
  empty: ReactNode;
  onOpen?: (item: Item) => void;
}

export function PlainTable<Item>({ label, query, columns, idOf, empty, onOpen }: PlainTableProps<Item>) {
  if (query.isError) {
    return <NotLoaded what={label} error={query.error} onRetry={query.refetch} />;
  }
  const items = query.data?.items ?? [];
  if (query.isSuccess && items.length === 0) return empty;
  return (
    <section aria-label={label}>
      <DataTable
        withTableBorder
        borderRadius="md"
        highlightOnHover={onOpen !== undefined}
        minHeight={120}
        fetching={query.isPending}
        records={items}
        idAccessor={(item) => idOf(item)}
        columns={columns}
        {...rowOpening(onOpen)}
      />
    </section>
  );
}
