/** What is set once and changed now and then: shown to everybody who may see it, and saved by who may write. */
import { Button, Card, Group, Stack } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { ReactNode } from "react";
import { tellSuccess } from "../format/tell.ts";
import { showFailure } from "./parse-form.ts";

export interface SettingsFormProps<Values extends Record<string, unknown>> {
  form: UseFormReturnType<Values>;
  onSave(values: Values): void;
  isSaving: boolean;
  mayWrite: boolean;
  children: ReactNode;
}

export function SettingsForm<Values extends Record<string, unknown>>(props: SettingsFormProps<Values>) {
  const { form, onSave, isSaving, mayWrite, children } = props;
  return (
    <Card withBorder padding="lg" maw={760}>
      <form onSubmit={form.onSubmit(onSave)}>
        <fieldset disabled={!mayWrite} style={{ border: 0, padding: 0, margin: 0 }}>
          <Stack gap="sm">
            {children}
            {mayWrite && (
              <Group justify="flex-end">
                <Button type="submit" loading={isSaving} disabled={!form.isDirty()}>
                  Save
                </Button>
              </Group>
            )}
          </Stack>
        </fieldset>
      </form>
    </Card>
  );
}

/** For the mutation of such a form: what was saved is what it shows, and what it is compared with from now on. */
export function afterSaving<Values extends Record<string, unknown>, Saved>(
  form: UseFormReturnType<Values>,
  toFields: (saved: Saved) => Values,
  message: string,
) {
  return {
    onSuccess(saved: Saved) {
      form.setInitialValues(toFields(saved));
      form.reset();
      tellSuccess(message);
    },
    onError: showFailure(form),
  };
}
