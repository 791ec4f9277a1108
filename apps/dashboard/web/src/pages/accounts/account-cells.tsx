/** What lists of accounts have in common: name, kind and balance, and the choice of a kind. */
import { Badge, Text } from "@mantine/core";
import type { Account } from "@tera/admin-api/accounts";
import type { DataTableColumn } from "mantine-datatable";
import type { ReactNode } from "react";
import { Usd } from "../../format/usd.tsx";

export type AccountKind = Account["kind"];

/** @param children the name, or a link of that name */
export function AccountCell({ of, children }: { of: { id: string; disabledAt: string | null }; children: ReactNode }) {
  return (
    <>
      <Text size="sm" fw={600}>
        {children}{" "}
        {of.disabledAt !== null && (
          <Badge color="red" size="xs">
            disabled
          </Badge>
        )}
      </Text>
      <Text size="xs" c="dimmed" className="mono">
        {of.id}
      </Text>
    </>
  );
}

export function kindColumn<Item extends { kind: AccountKind }>(): DataTableColumn<Item> {
  return {
    accessor: "kind",
    title: "Kind",
    render: ({ kind }) => (
      <Badge variant="light" color={kind === "prepaid" ? "tera" : "blue"}>
        {kind}
      </Badge>
    ),
  };
}

export function balanceColumn<Item extends { balance: string }>(): DataTableColumn<Item> {
  return {
    accessor: "balance",
    title: "Balance",
    sortable: true,
    textAlign: "right",
    render: ({ balance }) => <Usd amount={balance} />,
  };
}
