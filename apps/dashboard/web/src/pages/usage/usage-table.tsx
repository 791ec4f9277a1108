/** The rows of a report, and what they add up to. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Usage, UsageDimension, UsageRow, UsageSums } from "@tera/admin-api/usage";
import "mantine-datatable/styles.layer.css";
import { DataTable, type DataTableColumn } from "mantine-datatable";
import { Moment } from "../../format/moment.tsx";
import { formatCount } from "../../format/quantity.ts";
import { formatDay } from "../../format/step.ts";
import { Usd } from "../../format/usd.tsx";
import type { UsageSearch } from "./usage-search.ts";

export interface UsageTableProps {
  usage: Usage;
  fetching: boolean;
  search: UsageSearch;
  /** Shows one row's usage over time. */
  onNarrow(change: Partial<UsageSearch>): void;
  /** More than one: it matters whose a key is. */
  hasAccounts: boolean;
}

const titles: Record<Exclude<UsageDimension, "time">, string> = { model: "Model", key: "Key", account: "Account" };
const filters: Record<Exclude<UsageDimension, "time">, "model" | "keyId" | "accountId"> = {
  model: "model",
  key: "keyId",
  account: "accountId",
};

export function UsageTable({ usage, fetching, search, onNarrow, hasAccounts }: UsageTableProps) {
  const { by, interval, rows, total } = usage;
  const hasSpeech = total.speechCharacters > 0;
  const columns: DataTableColumn<UsageRow>[] = [
    {
      accessor: "id",
      title: by === "time" ? (interval === "day" ? "Day (UTC)" : "Hour") : titles[by],
      render: (row) => <Group usage={usage} row={row} onNarrow={onNarrow} hasAccounts={hasAccounts} />,
      footer: "All",
    },
    count("requests", "Requests", total),
    {
      accessor: "failedRequests",
      title: "Failed",
      textAlign: "right",
      render: (row) => <Failed usage={usage} row={row} search={search} />,
      footer: formatCount(total.failedRequests),
    },
    count("promptTokens", "Input", total),
    count("cachedTokens", "Cached", total),
    count("completionTokens", "Output", total),
    count("reasoningTokens", "Reasoning", total),
    ...(hasSpeech ? [count("speechCharacters", "Characters", total)] : []),
    {
      accessor: "cost",
      title: "Cost",
      textAlign: "right",
      render: ({ cost }) => <Usd amount={cost} />,
      footer: <Usd amount={total.cost} />,
    },
  ];
  return (
    <section aria-label="Figures">
      <DataTable
        withTableBorder
        borderRadius="md"
        fetching={fetching}
        minHeight={rows.length === 0 ? 140 : 0}
        noRecordsText="Nothing was used in this period"
        records={rows}
        idAccessor="id"
        columns={columns}
        styles={{ footer: { fontWeight: 600 } }}
      />
      <Text size="xs" c="dimmed" mt="xs">
        Cached tokens are part of the input, reasoning tokens of the output. Requests that fail cost nothing.
      </Text>
    </section>
  );
}

function count(accessor: Exclude<keyof UsageSums, "cost">, title: string, total: UsageSums): DataTableColumn<UsageRow> {
  return {
    accessor,
    title,
    textAlign: "right",
    render: (row) => formatCount(row[accessor]),
    footer: formatCount(total[accessor]),
  };
}

interface CellProps {
  usage: Usage;
  row: UsageRow;
}

function Group({
  usage: { by, interval },
  row,
  onNarrow,
  hasAccounts,
}: CellProps & Pick<UsageTableProps, "onNarrow" | "hasAccounts">) {
  const { id, name, lastFour, accountName } = row;
  if (by === "time") return interval === "day" ? <time dateTime={id}>{formatDay(id)}</time> : <Moment at={id} />;
  if (id === "") return <Text size="sm">All others</Text>;
  return (
    <>
      <Anchor
        component="button"
        type="button"
        size="sm"
        ta="left"
        onClick={() => onNarrow({ [filters[by]]: id, by: "time" })}
      >
        {name ?? id}
      </Anchor>
      {by !== "model" && (
        <Text size="xs" c="dimmed">
          <span className="mono">{lastFour === null ? id : `····${lastFour}`}</span>
          {hasAccounts && accountName !== null && ` · ${accountName}`}
        </Text>
      )}
    </>
  );
}

/** What failed can be looked at one by one. */
function Failed({ usage: { by }, row: { id, failedRequests }, search }: CellProps & Pick<UsageTableProps, "search">) {
  if (failedRequests === 0) return "0";
  if (by === "time" || id === "") return formatCount(failedRequests);
  const { period = "30d", from, to, accountId, keyId, model } = search;
  return (
    <Anchor
      size="sm"
      c="red"
      renderRoot={(props) => (
        <Link
          {...props}
          to="/requests"
          search={{ period, from, to, accountId, keyId, model, [filters[by]]: id, status: "failed" }}
        />
      )}
    >
      {formatCount(failedRequests)}
    </Anchor>
  );
}
