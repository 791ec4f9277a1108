/** How a form in a dialog ends: away from it, or on with it. */
import { Button, Group } from "@mantine/core";

export interface FormButtonsProps {
  onCancel(): void;
  /** What the form does: "Book the payment". */
  submit: string;
  isPending: boolean;
  /** It takes something away, for good. */
  isDangerous?: boolean;
  /** There is nothing to send yet. */
  disabled?: boolean;
  /** The form is longer than the screen: they are always in sight. */
  isSticky?: boolean;
}

export function FormButtons({
  onCancel,
  submit,
  isPending,
  isDangerous = false,
  disabled = false,
  isSticky = false,
}: FormButtonsProps) {
  return (
    <Group justify="flex-end" {...(isSticky ? sticky : { mt: "sm" })}>
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" loading={isPending} disabled={disabled} {...(isDangerous ? { color: "red" } : {})}>
        {submit}
      </Button>
    </Group>
  );
}

const sticky = {
  py: "sm",
  bg: "var(--mantine-color-body)",
  style: { position: "sticky", bottom: 0, zIndex: 1, borderTop: "1px solid var(--mantine-color-default-border)" },
} as const;
