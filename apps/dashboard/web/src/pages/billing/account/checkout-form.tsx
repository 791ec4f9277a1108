/** Credit by card: an amount, then Stripe's own page. */
import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type AccountMoney, checkoutSchema } from "@tera/admin-api/billing";
import { useCheckout } from "../../../api/billing.ts";
import { AmountInput } from "../../../form/amount-input.tsx";
import { FormButtons } from "../../../form/form-buttons.tsx";
import { parseForm, showFailure } from "../../../form/parse-form.ts";

export interface CheckoutFormProps {
  opened: boolean;
  onClose(): void;
  account: AccountMoney;
}

export function CheckoutForm({ opened, onClose, account }: CheckoutFormProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Add credit to ${account.name}`}>
      <Fields onClose={onClose} account={account} />
    </Modal>
  );
}

const usual = ["10", "25", "100", "500"];

function Fields({ onClose, account }: Omit<CheckoutFormProps, "opened">) {
  const paying = useCheckout(account.accountId);
  const form = useForm({ initialValues: { amount: "25", saveMethod: false } });

  function pay(values: typeof form.values) {
    const body = parseForm(checkoutSchema, values, form);
    if (body === undefined) return;
    paying.mutate(body, { onSuccess: ({ url }) => window.location.assign(url), onError: showFailure(form) });
  }

  return (
    <form onSubmit={form.onSubmit(pay)}>
      <Stack gap="sm">
        <AmountInput label="Amount" required data-autofocus {...form.getInputProps("amount")} />
        <Group gap="xs">
          {usual.map((amount) => (
            <Button key={amount} size="xs" variant="default" onClick={() => form.setFieldValue("amount", amount)}>
              ${amount}
            </Button>
          ))}
        </Group>
        <Checkbox
          label="Keep the card for automatic top-ups"
          {...form.getInputProps("saveMethod", { type: "checkbox" })}
        />
        <Text size="xs" c="dimmed">
          The card is entered on Stripe's page, and never seen here. The credit is there as soon as Stripe says that it
          was paid.
        </Text>
        <FormButtons onCancel={onClose} submit="Continue to Stripe" isPending={paying.isPending || paying.isSuccess} />
      </Stack>
    </form>
  );
}
