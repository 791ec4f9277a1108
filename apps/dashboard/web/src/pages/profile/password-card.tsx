/** A new password; other browsers are signed out. */
import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { passwordLengthMin } from "../../../../api/session.ts";
import { changePassword } from "../../api/profile.ts";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { Section } from "../../shell/section.tsx";

export function PasswordCard() {
  const form = useForm({
    initialValues: { current: "", next: "" },
    validate: {
      next: (next) => (next.length < passwordLengthMin ? `must have at least ${passwordLengthMin} characters` : null),
    },
  });
  const changing = useMutation({
    mutationFn: changePassword,
    onSuccess: () => {
      form.reset();
      tellSuccess("The password was changed. Other browsers are signed out.");
    },
    onError: tellFailure,
  });
  return (
    <Section title="Password" about="Changing it signs you out everywhere else.">
      <form onSubmit={form.onSubmit((values) => changing.mutate(values))}>
        <Stack gap="sm">
          <PasswordInput
            label="Current password"
            required
            autoComplete="current-password"
            {...form.getInputProps("current")}
          />
          <PasswordInput label="New password" required autoComplete="new-password" {...form.getInputProps("next")} />
          <Group justify="flex-end">
            <Button type="submit" loading={changing.isPending}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
