/** A new account, or a change of one. */
import { Modal, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { type Account, type NewAccount, newAccountSchema } from "@tera/admin-api/accounts";
import { useChangeAccount, useCreateAccount } from "../../api/accounts.ts";
import { FormButtons } from "../../form/form-buttons.tsx";
import { LimitInput } from "../../form/limit-input.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";

export interface AccountFormProps {
  opened: boolean;
  onClose(): void;
  /** Absent: a new one. */
  account?: Account;
}

export function AccountForm({ opened, onClose, account }: AccountFormProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={account === undefined ? "New account" : `Change ${account.name}`}>
      <Fields onClose={onClose} {...(account === undefined ? {} : { account })} />
    </Modal>
  );
}

function Fields({ onClose, account }: Omit<AccountFormProps, "opened">) {
  const creating = useCreateAccount();
  const changing = useChangeAccount(account?.id ?? "");
  const saving = account === undefined ? creating : changing;
  const form = useForm<NewAccount>({
    initialValues: {
      name: account?.name ?? "",
      kind: account?.kind ?? "prepaid",
      requestsPerMinuteMax: account?.requestsPerMinuteMax ?? null,
      tokensPerMinuteMax: account?.tokensPerMinuteMax ?? null,
      concurrencyMax: account?.concurrencyMax ?? null,
    },
    validate: schemaResolver(newAccountSchema, { sync: true }),
  });

  function save(values: NewAccount) {
    saving.mutate(values, {
      onSuccess: ({ name }) => {
        tellSuccess(`${name} was ${account === undefined ? "created" : "changed"}.`);
        onClose();
      },
      onError: tellFailure,
    });
  }

  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack gap="sm">
        <TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
        <div>
          <Text size="sm" fw={500} mb={4}>
            Pays
          </Text>
          <SegmentedControl
            fullWidth
            aria-label="Kind"
            data={[
              { value: "prepaid", label: "before: stops at zero" },
              { value: "postpaid", label: "after: monthly invoice" },
            ]}
            {...form.getInputProps("kind")}
          />
        </div>
        <LimitInput label="Requests per minute" {...form.getInputProps("requestsPerMinuteMax")} />
        <LimitInput label="Tokens per minute" {...form.getInputProps("tokensPerMinuteMax")} />
        <LimitInput label="Open requests at once" {...form.getInputProps("concurrencyMax")} />
        <FormButtons
          onCancel={onClose}
          submit={account === undefined ? "Create" : "Save"}
          isPending={saving.isPending}
        />
      </Stack>
    </form>
  );
}
