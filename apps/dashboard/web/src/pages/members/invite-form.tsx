/** An invitation: for whom and as what, then the link, once. */
import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { type NewInvitation, newInvitationSchema } from "@tera/admin-api/members";
import { useInvite } from "../../api/members.ts";
import { useSession } from "../../api/session.ts";
import { secretDialog } from "../../dialog/secret-dialog.ts";
import { AccountSelect } from "../../form/account-select.tsx";
import { FormButtons } from "../../form/form-buttons.tsx";
import { SecretOnce } from "../../form/secret-once.tsx";
import { tellFailure } from "../../format/tell.ts";
import { choicesFor } from "./roles-text.ts";

export interface InviteFormProps {
  opened: boolean;
  onClose(): void;
  /** Chosen already: people of this account are invited. */
  accountId?: string;
}

export function InviteForm({ opened, onClose, accountId }: InviteFormProps) {
  const inviting = useInvite();
  const dialog = secretDialog(inviting, onClose);
  return (
    <Modal opened={opened} title="Invite somebody" onExitTransitionEnd={inviting.reset} {...dialog}>
      <Fields onClose={dialog.onClose} inviting={inviting} accountId={accountId ?? null} />
    </Modal>
  );
}

interface FieldsProps {
  onClose(): void;
  inviting: ReturnType<typeof useInvite>;
  accountId: string | null;
}

function Fields({ onClose, inviting, accountId }: FieldsProps) {
  const { role } = useSession();
  const form = useForm<NewInvitation>({
    initialValues: { email: "", role: accountId === null ? "viewer" : "member", accountId },
    validate: schemaResolver(newInvitationSchema, { sync: true }),
  });
  if (inviting.isSuccess) {
    return (
      <SecretOnce secret={inviting.data.link} what="link">
        <Text size="sm" c="dimmed">
          Send it to {inviting.data.invitation.email}. It works once, for three days.
        </Text>
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </SecretOnce>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => inviting.mutate(values, { onError: tellFailure }))}>
      <Stack gap="sm">
        <TextInput label="E-mail" type="email" required data-autofocus {...form.getInputProps("email")} />
        {accountId === null && (
          <Select label="Role" required allowDeselect={false} data={choicesFor(role)} {...form.getInputProps("role")} />
        )}
        {accountId === null && form.values.role === "member" && (
          <AccountSelect
            label="Account"
            required
            value={form.values.accountId ?? null}
            onChange={(chosen) => form.setFieldValue("accountId", chosen)}
            error={form.errors["accountId"]}
          />
        )}
        <FormButtons onCancel={onClose} submit="Make the link" isPending={inviting.isPending} />
      </Stack>
    </form>
  );
}
