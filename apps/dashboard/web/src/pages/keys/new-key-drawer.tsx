/** A new key: its settings, then the key itself, once. */
import { Alert, Drawer, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useCreateKey } from "../../api/keys.ts";
import { useSession } from "../../api/session.ts";
import { secretDialog } from "../../dialog/secret-dialog.ts";
import { FormButtons } from "../../form/form-buttons.tsx";
import { endAfterDays, standardDays } from "./expiry-input.tsx";
import { goToProblem, showRefusal } from "./form-refusal.ts";
import { KeyFields } from "./key-fields.tsx";
import { findProblems, newKeyValues, toSettings } from "./key-form-values.ts";
import { MadeKey } from "./made-key.tsx";

export interface NewKeyDrawerProps {
  onClose(): void;
  /** Its account, where that is settled. */
  accountId?: string | undefined;
}

export function NewKeyDrawer({ onClose, accountId }: NewKeyDrawerProps) {
  const creating = useCreateKey();
  const made = creating.data;
  const dialog = secretDialog(creating, onClose);
  return (
    <Drawer
      opened
      title={made === undefined ? "New key" : `${made.key.name} is made`}
      position="right"
      size="lg"
      {...dialog}
    >
      {made === undefined ? (
        <Fields onClose={dialog.onClose} creating={creating} accountId={accountId} />
      ) : (
        <MadeKey made={made} onDone={onClose}>
          {made.key.accountDisabled && (
            <Alert color="orange">
              <Text size="sm">
                The account {made.key.accountName} is disabled: the key opens nothing until that is enabled.
              </Text>
            </Alert>
          )}
        </MadeKey>
      )}
    </Drawer>
  );
}

function Fields({ onClose, creating, accountId }: NewKeyDrawerProps & { creating: ReturnType<typeof useCreateKey> }) {
  const { accounts } = useSession();
  const [only, ...others] = accounts ?? [];
  const settled = accountId ?? (others.length === 0 ? only?.id : undefined);
  const form = useForm({
    initialValues: newKeyValues(settled ?? null, endAfterDays(standardDays)),
    validate: (values) => findProblems(values, true),
  });

  function create(values: typeof form.values) {
    const { accountId: chosen } = values;
    if (chosen === null) return;
    creating.mutate({ ...toSettings(values), accountId: chosen }, { onError: (error) => showRefusal(form, error) });
  }

  return (
    <form onSubmit={form.onSubmit(create, goToProblem)} noValidate>
      <Stack gap="lg">
        <KeyFields form={form} choosesAccount={settled === undefined} initialExpiry={`${standardDays}`} />
        <FormButtons onCancel={onClose} submit="Make the key" isPending={creating.isPending} isSticky />
      </Stack>
    </form>
  );
}
