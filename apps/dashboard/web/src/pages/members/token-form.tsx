/** A new admin token: name, role and end, then the token, once. */
import { Button, Code, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type NewAdminToken, newAdminTokenSchema } from "@tera/admin-api/tokens";
import { useCreateToken } from "../../api/members.ts";
import { useSession } from "../../api/session.ts";
import { secretDialog } from "../../dialog/secret-dialog.ts";
import { AccountSelect } from "../../form/account-select.tsx";
import { FormButtons } from "../../form/form-buttons.tsx";
import { SecretOnce } from "../../form/secret-once.tsx";
import { tellFailure } from "../../format/tell.ts";
import { choicesFor } from "./roles-text.ts";

const dayMs = 86_400_000;

export function TokenForm({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const creating = useCreateToken();
  const dialog = secretDialog(creating, onClose);
  return (
    <Modal opened={opened} title="New admin token" onExitTransitionEnd={creating.reset} {...dialog}>
      <Fields onClose={dialog.onClose} creating={creating} />
    </Modal>
  );
}

function Fields({ onClose, creating }: { onClose(): void; creating: ReturnType<typeof useCreateToken> }) {
  const { role } = useSession();
  const form = useForm<NewAdminToken & { days: string }>({
    initialValues: { name: "", role: "viewer", accountId: null, days: "90" },
    validate: {
      name: (name) => (name.trim() === "" ? "is needed" : null),
      accountId: (accountId, { role: chosen }) => (chosen === "member" && accountId === null ? "is needed" : null),
    },
  });
  if (creating.isSuccess) {
    return (
      <SecretOnce secret={creating.data.token} what="token">
        <Text size="sm" c="dimmed">
          Scripts send it as <Code>Authorization: Bearer</Code>.
        </Text>
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </SecretOnce>
    );
  }
  const create = ({ days, ...values }: NewAdminToken & { days: string }) =>
    creating.mutate(
      newAdminTokenSchema.parse({
        ...values,
        accountId: values.role === "member" ? values.accountId : null,
        expiresAt: days === "never" ? null : new Date(Date.now() + Number(days) * dayMs).toISOString(),
      }),
      { onError: tellFailure },
    );
  return (
    <form onSubmit={form.onSubmit(create)}>
      <Stack gap="sm">
        <TextInput label="Name" placeholder="deploy script" required data-autofocus {...form.getInputProps("name")} />
        <Select
          label="May do what this role may"
          required
          allowDeselect={false}
          data={choicesFor(role)}
          {...form.getInputProps("role")}
        />
        {form.values.role === "member" && (
          <AccountSelect
            label="Account"
            required
            value={form.values.accountId ?? null}
            onChange={(chosen) => form.setFieldValue("accountId", chosen)}
            error={form.errors["accountId"]}
          />
        )}
        <Select
          label="Expires"
          allowDeselect={false}
          data={[
            { value: "7", label: "in 7 days" },
            { value: "30", label: "in 30 days" },
            { value: "90", label: "in 90 days" },
            { value: "365", label: "in a year" },
            { value: "never", label: "never" },
          ]}
          {...form.getInputProps("days")}
        />
        <FormButtons onCancel={onClose} submit="Make" isPending={creating.isPending} />
      </Stack>
    </form>
  );
}
