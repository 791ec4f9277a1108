/** A list whose pages, order and search are the server's, and are kept in the URL: loading, failure with a way to try again, and an empty state that says what to do. */
import { Group, Stack } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import "mantine-datatable/styles.layer.css";
import { DataTable, type DataTableColumn } from "mantine-datatable";
import { type ReactNode, useEffect } from "react";
import { SearchInput } from "../form/search-input.tsx";
import type { ListSearch } from "./list-search.ts";
import { NotLoaded } from "./not-loaded.tsx";
import { rowOpening } from "./row-opening.ts";

const pageSizes = [25, 50, 100, 200];

export interface ListTableProps<Item> {
  /** For screen readers: "Accounts". */
  label: string;
  query: UseQueryResult<{ items: Item[]; total: number }>;
  columns: DataTableColumn<Item>[];
  idOf: (item: Item) => string;
  search: ListSearch;
  /** Puts what is absent back to its standard. */
  onSearch(change: ListSearch): void;
  /** The order when the URL names none: `-createdAt`. */
  standardSort: string;
  searchPlaceholder: string;
  /** More ways to narrow the list, beside the search. */
  filters?: ReactNode;
  /** What there is to say and do when nothing is there, and nothing was searched for. */
  empty: ReactNode;
  /** Whether the list is narrowed by filters of its own. */
  isFiltered?: boolean;
  onOpen?: (item: Item) => void;
}

export function ListTable<Item>(props: ListTableProps<Item>) {
  const { label, query, columns, idOf, search, onSearch, standardSort, searchPlaceholder, filters, empty, onOpen } =
    props;
  const { page = 1, pageSize = 25, sort = standardSort } = search;
  const isNarrowed = (search.search ?? "") !== "" || props.isFiltered === true;
  const { items = [], total = 0 } = query.data ?? {};

  const last = Math.max(1, Math.ceil(total / pageSize));
  const isBeyond = query.isSuccess && !query.isPlaceholderData && page > last;
  useEffect(() => {
    // The list has become shorter since the address was made.
    if (isBeyond) onSearch({ page: last === 1 ? undefined : last });
  });
  return (
    <Stack gap="sm" component="section" aria-label={label}>
      <Group gap="sm">
        <SearchInput
          label={searchPlaceholder}
          leftSection={<IconSearch size={16} />}
          value={search.search}
          onSearch={(text) => onSearch({ search: text, page: undefined })}
          w={{ base: "100%", xs: 280 }}
        />
        {filters}
      </Group>
      {query.isError ? (
        <NotLoaded what={label} error={query.error} onRetry={query.refetch} />
      ) : query.isSuccess && total === 0 && !isNarrowed ? (
        empty
      ) : (
        <DataTable
          withTableBorder
          borderRadius="md"
          highlightOnHover={onOpen !== undefined}
          minHeight={180}
          fetching={query.isPending}
          records={items}
          idAccessor={(item) => idOf(item)}
          columns={columns}
          noRecordsText="Nothing matches. Change the search or the filters."
          totalRecords={total}
          recordsPerPage={pageSize}
          recordsPerPageOptions={pageSizes}
          recordsPerPageLabel="On a page"
          onRecordsPerPageChange={(size) => onSearch({ pageSize: size, page: undefined })}
          page={page}
          onPageChange={(next) => onSearch({ page: next })}
          sortStatus={{
            columnAccessor: sort.replace("-", "") as keyof Item & string,
            direction: sort.startsWith("-") ? "desc" : "asc",
          }}
          onSortStatusChange={({ columnAccessor, direction }) =>
            onSearch({ sort: `${direction === "desc" ? "-" : ""}${String(columnAccessor)}`, page: undefined })
          }
          {...rowOpening(onOpen)}
        />
      )}
    </Stack>
  );
}
