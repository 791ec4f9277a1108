/** Admin tokens, those that are over too. */
import { Badge, Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { AdminToken } from "@tera/admin-api/tokens";
import type { ReactNode } from "react";
import { adminTokensQuery, useRevokeToken } from "../../api/members.ts";
import { useMay } from "../../api/session.ts";
import { confirm } from "../../dialog/confirm.tsx";
import { Moment } from "../../format/moment.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { EmptyState } from "../../list/empty-state.tsx";
import { PlainTable } from "../../list/plain-table.tsx";

export function TokenTable({ action }: { action: ReactNode }) {
  const tokens = useQuery(adminTokensQuery);
  const mayWrite = useMay("tokens:write");
  return (
    <PlainTable
      label="Admin tokens"
      query={tokens}
      idOf={({ id }) => id}
      empty={
        <EmptyState title="No admin tokens yet" action={action}>
          A token lets a script do what you do here, by the Admin API.
        </EmptyState>
      }
      columns={[
        { accessor: "name", title: "Name", render: (token) => <NameCell token={token} /> },
        { accessor: "role", title: "Role" },
        { accessor: "createdBy", title: "By" },
        { accessor: "lastUsedAt", title: "Last used", render: ({ lastUsedAt }) => <Moment at={lastUsedAt} /> },
        { accessor: "expiresAt", title: "Expires", render: ({ expiresAt }) => <Moment at={expiresAt} /> },
        ...(mayWrite
          ? [
              {
                accessor: "id",
                title: "",
                textAlign: "right" as const,
                render: (token: AdminToken) => <Revoke token={token} />,
              },
            ]
          : []),
      ]}
    />
  );
}

function NameCell({ token: { name, lastFour, revokedAt, expiresAt } }: { token: AdminToken }) {
  const isExpired = expiresAt !== null && new Date(expiresAt) < new Date();
  return (
    <>
      <Text size="sm" fw={600}>
        {name}{" "}
        {revokedAt !== null && (
          <Badge color="red" size="xs">
            revoked
          </Badge>
        )}
        {revokedAt === null && isExpired && (
          <Badge color="gray" size="xs">
            expired
          </Badge>
        )}
      </Text>
      <Text size="xs" c="dimmed" className="mono">
        tera-admin-…{lastFour}
      </Text>
    </>
  );
}

function Revoke({ token: { id, name, revokedAt } }: { token: AdminToken }) {
  const revoking = useRevokeToken();
  if (revokedAt !== null) return null;
  const ask = () =>
    confirm({
      title: `Revoke ${name}?`,
      children: <Text size="sm">Scripts that use it are refused from now on. This cannot be undone.</Text>,
      labels: { confirm: "Revoke", cancel: "Cancel" },
      confirmProps: { color: "red" },
      onConfirm: () =>
        revoking.mutate(id, { onSuccess: () => tellSuccess(`${name} was revoked.`), onError: tellFailure }),
    });
  return (
    <Button size="compact-sm" variant="subtle" color="red" loading={revoking.isPending} onClick={ask}>
      Revoke
    </Button>
  );
}
