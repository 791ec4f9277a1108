/** Changes a key: only what was changed is sent. */
import { Button, Drawer, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { KeyDetails } from "@tera/admin-api/keys";
import { useChangeKey } from "../../api/keys.ts";
import { tellSuccess } from "../../format/tell.ts";
import { FormEnd } from "./form-end.tsx";
import { goToProblem, showRefusal } from "./form-refusal.ts";
import { KeyFields } from "./key-fields.tsx";
import { findProblems, toChange, valuesOf } from "./key-form-values.ts";

export function ChangeKeyDrawer({ of, onClose }: { of: KeyDetails; onClose(): void }) {
  const changing = useChangeKey(of.id);
  const form = useForm({ initialValues: valuesOf(of), validate: (values) => findProblems(values, false) });

  function save(values: typeof form.values) {
    changing.mutate(toChange(values, of), {
      onSuccess: ({ name }) => {
        tellSuccess(`${name} was changed.`);
        onClose();
      },
      onError: (error) => showRefusal(form, error),
    });
  }

  return (
    <Drawer opened onClose={onClose} title={`Change ${of.name}`} position="right" size="lg">
      <form onSubmit={form.onSubmit(save, goToProblem)} noValidate>
        <Stack gap="lg">
          <KeyFields
            form={form}
            choosesAccount={false}
            initialExpiry={of.expiresAt === null ? "never" : "own"}
            isOfRotation={of.rotation.length > 1}
          />
          <FormEnd>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={changing.isPending} disabled={!form.isDirty()}>
              Save
            </Button>
          </FormEnd>
        </Stack>
      </form>
    </Drawer>
  );
}
