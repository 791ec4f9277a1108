/** A role for somebody who is a member already. */
import { Modal, Select, Stack } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { type GrantChange, grantChangeSchema, type Member } from "@tera/admin-api/members";
import { useGrant } from "../../api/members.ts";
import { useSession } from "../../api/session.ts";
import { AccountSelect } from "../../form/account-select.tsx";
import { FormButtons } from "../../form/form-buttons.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { choicesFor } from "./roles-text.ts";

export function GrantForm({ opened, onClose, member }: { opened: boolean; onClose(): void; member: Member }) {
  return (
    <Modal opened={opened} onClose={onClose} title={`A role for ${member.name}`}>
      <Fields onClose={onClose} member={member} />
    </Modal>
  );
}

function Fields({ onClose, member }: { onClose(): void; member: Member }) {
  const { role } = useSession();
  const granting = useGrant(member.id);
  const form = useForm<GrantChange>({
    initialValues: { role: "viewer", accountId: null },
    validate: schemaResolver(grantChangeSchema, { sync: true }),
  });
  const save = (values: GrantChange) =>
    granting.mutate(values, {
      onSuccess: () => {
        tellSuccess(`${member.name} has the role ${values.role}.`);
        onClose();
      },
      onError: tellFailure,
    });
  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack gap="sm">
        <Select label="Role" required allowDeselect={false} data={choicesFor(role)} {...form.getInputProps("role")} />
        {form.values.role === "member" && (
          <AccountSelect
            label="Account"
            required
            value={form.values.accountId}
            onChange={(chosen) => form.setFieldValue("accountId", chosen)}
            error={form.errors["accountId"]}
          />
        )}
        <FormButtons onCancel={onClose} submit="Give" isPending={granting.isPending} />
      </Stack>
    </form>
  );
}
