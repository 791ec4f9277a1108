/** A short list that is there as a whole: loading, failure with a way to try again, an empty state. */
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import "mantine-datatable/styles.layer.css";
import { DataTable, type DataTableColumn } from "mantine-datatable";
import type { ReactNode } from "react";

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
    return (
      <Alert color="red" icon={<IconAlertTriangle />} title={`${label} could not be loaded`}>
        <Stack align="flex-start" gap="xs">
          <Text size="sm">{query.error.message}</Text>
          <Button size="xs" variant="light" color="red" onClick={() => query.refetch()}>
            Try again
          </Button>
        </Stack>
      </Alert>
    );
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
        {...(onOpen === undefined ? {} : { onRowClick: ({ record }: { record: Item }) => onOpen(record) })}
      />
    </section>
  );
}
