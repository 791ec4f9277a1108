/** Invitations that nobody has used yet. */
import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Invitation } from "@tera/admin-api/members";
import type { ReactNode } from "react";
import { invitationsQuery, useWithdraw } from "../../api/members.ts";
import { useMay } from "../../api/session.ts";
import { Moment } from "../../format/moment.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { EmptyState } from "../../list/empty-state.tsx";
import { PlainTable } from "../../list/plain-table.tsx";

export function InvitationTable({ action }: { action: ReactNode }) {
  const invitations = useQuery(invitationsQuery);
  const mayWrite = useMay("members:write");
  return (
    <PlainTable
      label="Invitations"
      query={invitations}
      idOf={({ id }) => id}
      empty={
        <EmptyState title="No open invitations" action={action}>
          An invitation is a link that lets one person in, once.
        </EmptyState>
      }
      columns={[
        {
          accessor: "email",
          title: "For",
          render: ({ email }) =>
            email ?? (
              <Text size="sm" c="dimmed">
                whoever has the link
              </Text>
            ),
        },
        {
          accessor: "role",
          title: "As",
          render: ({ role, accountName }) => (accountName === null ? role : `member of ${accountName}`),
        },
        { accessor: "createdBy", title: "By" },
        { accessor: "expiresAt", title: "Until", render: ({ expiresAt }) => <Moment at={expiresAt} /> },
        ...(mayWrite
          ? [
              {
                accessor: "id",
                title: "",
                textAlign: "right" as const,
                render: (one: Invitation) => <Withdraw invitation={one} />,
              },
            ]
          : []),
      ]}
    />
  );
}

function Withdraw({ invitation }: { invitation: Invitation }) {
  const withdrawing = useWithdraw();
  const withdraw = () =>
    withdrawing.mutate(invitation.id, {
      onSuccess: () => tellSuccess("The link does not work any more."),
      onError: tellFailure,
    });
  return (
    <Button size="compact-sm" variant="subtle" color="red" loading={withdrawing.isPending} onClick={withdraw}>
      Withdraw
    </Button>
  );
}
