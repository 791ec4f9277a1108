/** When a saved card is charged, and how much. */
import { Modal, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type AutoTopUp, autoTopUpSettingSchema } from "@tera/admin-api/billing";
import { useSetAutoTopUp } from "../../../api/billing.ts";
import { AmountInput } from "../../../form/amount-input.tsx";
import { FormButtons } from "../../../form/form-buttons.tsx";
import { parseForm, showFailure } from "../../../form/parse-form.ts";
import { tellSuccess } from "../../../format/tell.ts";

export interface AutoTopUpFormProps {
  opened: boolean;
  onClose(): void;
  accountId: string;
  topUp: AutoTopUp;
}

export function AutoTopUpForm({ opened, onClose, ...props }: AutoTopUpFormProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Automatic top-up">
      <Fields onClose={onClose} {...props} />
    </Modal>
  );
}

function Fields({ onClose, accountId, topUp: { setting } }: Omit<AutoTopUpFormProps, "opened">) {
  const saving = useSetAutoTopUp(accountId);
  const form = useForm({ initialValues: setting ?? { below: "5", amount: "25", dayMax: "100" } });

  function save(values: typeof form.values) {
    const body = parseForm(autoTopUpSettingSchema, values, form);
    if (body === undefined) return;
    saving.mutate(body, {
      onSuccess: () => {
        tellSuccess("Automatic top-ups are on.");
        onClose();
      },
      onError: showFailure(form),
    });
  }

  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack gap="sm">
        <AmountInput label="When the balance falls below" required data-autofocus {...form.getInputProps("below")} />
        <AmountInput label="charge" required {...form.getInputProps("amount")} />
        <AmountInput label="but on one day (UTC) at most" required {...form.getInputProps("dayMax")} />
        <FormButtons onCancel={onClose} submit="Switch on" isPending={saving.isPending} />
      </Stack>
    </form>
  );
}
