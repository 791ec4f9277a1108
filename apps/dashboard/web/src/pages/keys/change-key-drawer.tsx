/** Changes a key: only what was changed is sent. */
import { Drawer, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { KeyDetails } from "@tera/admin-api/keys";
import { useState } from "react";
import { useChangeKey } from "../../api/keys.ts";
import { FormButtons } from "../../form/form-buttons.tsx";
import { tellSuccess } from "../../format/tell.ts";
import { goToProblem, showRefusal } from "./form-refusal.ts";
import { KeyFields } from "./key-fields.tsx";
import { findProblems, toChange, valuesOf } from "./key-form-values.ts";

export function ChangeKeyDrawer({ of, onClose }: { of: KeyDetails; onClose(): void }) {
  const changing = useChangeKey(of.id);
  // As it was when the form was filled in: what others change meanwhile is no change of ours.
  const [before] = useState(of);
  const form = useForm({ initialValues: valuesOf(before), validate: (values) => findProblems(values, false) });

  function save(values: typeof form.values) {
    changing.mutate(toChange(values, before), {
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
          <FormButtons
            onCancel={onClose}
            submit="Save"
            isPending={changing.isPending}
            disabled={!form.isDirty()}
            isSticky
          />
        </Stack>
      </form>
    </Drawer>
  );
}
