/** An account's ledger, from its newest end: every change of its balance, and what it was booked against. */
import { Badge, MultiSelect, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type LedgerLine, ledgerKinds } from "@tera/admin-api/billing";
import { useState } from "react";
import { ledgerQuery } from "../../../api/billing.ts";
import { useSession } from "../../../api/session.ts";
import { Moment } from "../../../format/moment.tsx";
import { formatAmount, Usd } from "../../../format/usd.tsx";
import { EmptyState } from "../../../list/empty-state.tsx";
import { GrowingTable } from "../../../list/growing-table.tsx";
import { bookName, kindColors, kindNames, shownReference } from "./ledger-words.ts";

export function LedgerTable({ accountId }: { accountId: string }) {
  const [kinds, setKinds] = useState<string[]>([]);
  const lines = useInfiniteQuery(ledgerQuery(accountId, kinds));
  const isOperator = useSession().accounts === null;
  return (
    <GrowingTable
      label="Ledger"
      query={lines}
      idOf={({ seq }) => seq}
      isFiltered={kinds.length > 0}
      filters={
        <MultiSelect
          aria-label="Kinds"
          placeholder={kinds.length === 0 ? "All kinds" : ""}
          clearable
          data={ledgerKinds.map((kind) => ({ value: kind, label: kindNames[kind] }))}
          value={kinds}
          onChange={setKinds}
          maw={420}
        />
      }
      empty={
        <EmptyState title="Nothing is booked yet">
          Payments, usage and corrections will be here, each with its reason.
        </EmptyState>
      }
      columns={[
        { accessor: "at", title: "When", width: 185, noWrap: true, render: ({ at }) => <Moment at={at} /> },
        {
          accessor: "kind",
          title: "Kind",
          width: 140,
          render: ({ kind }) => (
            <Badge variant="light" color={kindColors[kind]}>
              {kindNames[kind]}
            </Badge>
          ),
        },
        {
          accessor: "amount",
          title: "Change",
          textAlign: "right",
          noWrap: true,
          render: ({ amount }) => <Usd amount={amount} signed />,
        },
        { accessor: "reason", title: "Why", render: (line) => <Why line={line} /> },
        { accessor: "entries", title: "Booked against", render: (line) => <Against line={line} /> },
        ...(isOperator
          ? [
              {
                accessor: "author",
                title: "By",
                render: ({ author }: LedgerLine) => (
                  <Text size="xs" c="dimmed">
                    {author}
                  </Text>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}

function Why({ line: { reason, reference } }: { line: LedgerLine }) {
  const shown = shownReference(reference);
  return (
    <>
      <Text size="sm" miw={180} maw={360} style={{ overflowWrap: "anywhere" }}>
        {reason}
      </Text>
      {shown !== null && (
        <Text size="xs" c="dimmed" className="mono" style={{ overflowWrap: "anywhere" }}>
          {shown}
        </Text>
      )}
    </>
  );
}

function Against({ line: { entries } }: { line: LedgerLine }) {
  return entries
    .filter(({ book }) => book !== "credit")
    .map(({ book, amount }) => (
      <Text key={book} size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
        {bookName(book)}{" "}
        <span className="mono">
          {amount.startsWith("-") ? "−" : "+"}${formatAmount(amount.replace("-", ""))}
        </span>
      </Text>
    ));
}
