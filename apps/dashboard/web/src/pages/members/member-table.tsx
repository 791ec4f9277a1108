/** Members, what they may do, and what can be done to them. */
import { ActionIcon, Badge, Group, Menu, Modal, Text } from "@mantine/core";
import { IconDots, IconLink, IconTrash, IconUserShield, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Member } from "@tera/admin-api/members";
import { useState } from "react";
import { membersQuery, usePasswordLink, useRemoveMember, useRevokeGrant } from "../../api/members.ts";
import { useMay, useSession } from "../../api/session.ts";
import { confirm } from "../../dialog/confirm.tsx";
import { secretDialog } from "../../dialog/secret-dialog.ts";
import { SecretOnce } from "../../form/secret-once.tsx";
import { Moment } from "../../format/moment.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { EmptyState } from "../../list/empty-state.tsx";
import { PlainTable } from "../../list/plain-table.tsx";
import { GrantForm } from "./grant-form.tsx";

/** @param accountId only members of this account */
export function MemberTable({ accountId }: { accountId?: string }) {
  const members = useQuery(membersQuery(accountId));
  const mayWrite = useMay("members:write");
  return (
    <PlainTable
      label="Members"
      query={members}
      idOf={({ id }) => id}
      empty={<EmptyState title="No members yet">Invite the people who use this account.</EmptyState>}
      columns={[
        { accessor: "name", title: "Name", render: (member) => <NameCell member={member} /> },
        { accessor: "grants", title: "May", render: (member) => <Grants member={member} /> },
        {
          accessor: "twoFactorEnabled",
          title: "Second factor",
          render: ({ twoFactorEnabled }) =>
            twoFactorEnabled ? (
              <Badge variant="light">code</Badge>
            ) : (
              <Text size="sm" c="dimmed">
                none
              </Text>
            ),
        },
        { accessor: "createdAt", title: "Since", render: ({ createdAt }) => <Moment at={createdAt} /> },
        ...(mayWrite
          ? [
              {
                accessor: "id",
                title: "",
                textAlign: "right" as const,
                render: (member: Member) => <Actions member={member} />,
              },
            ]
          : []),
      ]}
    />
  );
}

function NameCell({ member: { id, name, email } }: { member: Member }) {
  const { id: own } = useSession();
  return (
    <>
      <Text size="sm" fw={600}>
        {name}{" "}
        {id === own && (
          <Badge size="xs" variant="default">
            you
          </Badge>
        )}
      </Text>
      <Text size="xs" c="dimmed">
        {email}
      </Text>
    </>
  );
}

function Grants({ member: { grants } }: { member: Member }) {
  if (grants.length === 0)
    return (
      <Text size="sm" c="dimmed">
        nothing
      </Text>
    );
  return (
    <Group gap={6}>
      {grants.map(({ role, accountId, accountName }) => (
        <Badge key={accountId ?? ""} variant="light" color={accountId === null ? "tera" : "blue"}>
          {accountId === null ? role : `member of ${accountName ?? accountId}`}
        </Badge>
      ))}
    </Group>
  );
}

function Actions({ member }: { member: Member }) {
  const [isGranting, setGranting] = useState(false);
  const [link, setLink] = useState<string>();
  const revoking = useRevokeGrant(member.id);
  const removing = useRemoveMember(member.id);
  const linking = usePasswordLink(member.id);

  function askToRemove() {
    confirm({
      title: `Remove ${member.name}?`,
      children: <Text size="sm">Sessions end at once. Keys of accounts stay as they are.</Text>,
      labels: { confirm: "Remove", cancel: "Cancel" },
      confirmProps: { color: "red" },
      onConfirm: () =>
        removing.mutate(true, { onSuccess: () => tellSuccess(`${member.name} was removed.`), onError: tellFailure }),
    });
  }

  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${member.name}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconUserShield size={16} />} onClick={() => setGranting(true)}>
            Give a role
          </Menu.Item>
          {member.grants.map(({ role, accountId, accountName }) => (
            <Menu.Item
              key={accountId ?? ""}
              leftSection={<IconX size={16} />}
              onClick={() => revoking.mutate(accountId, { onError: tellFailure })}
            >
              Take away {accountId === null ? role : `member of ${accountName ?? accountId}`}
            </Menu.Item>
          ))}
          <Menu.Item
            leftSection={<IconLink size={16} />}
            onClick={() => linking.mutate(true, { onSuccess: (made) => setLink(made.link), onError: tellFailure })}
          >
            Link for a new password
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={askToRemove}>
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <GrantForm opened={isGranting} onClose={() => setGranting(false)} member={member} />
      <Modal
        opened={link !== undefined}
        title={`New password for ${member.name}`}
        {...secretDialog(linking, () => setLink(undefined))}
      >
        <SecretOnce secret={link ?? ""} what="link">
          <Text size="sm" c="dimmed">
            It works once, for three days. Whoever opens it sets the password.
          </Text>
        </SecretOnce>
      </Modal>
    </>
  );
}
