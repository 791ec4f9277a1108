/** Moves credit by hand: a payment that came, a gift, a refund, a correction. Sent twice, it is booked once. */
import { Alert, Modal, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type AccountMoney, creditMoveKinds, creditMoveSchema } from "@tera/admin-api/billing";
import { useState } from "react";
import { useMoveCredit } from "../../../api/billing.ts";
import { AmountInput } from "../../../form/amount-input.tsx";
import { FormButtons } from "../../../form/form-buttons.tsx";
import { blankAsUndefined, parseForm, showFailure } from "../../../form/parse-form.ts";
import { tellSuccess } from "../../../format/tell.ts";
import { formatAmount, Usd } from "../../../format/usd.tsx";

export interface CreditFormProps {
  opened: boolean;
  onClose(): void;
  account: AccountMoney;
}

export function CreditForm({ opened, onClose, account }: CreditFormProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Move credit of ${account.name}`}>
      <Fields onClose={onClose} account={account} />
    </Modal>
  );
}

type Kind = (typeof creditMoveKinds)[number];
const names: Readonly<Record<Kind, string>> = {
  top_up: "Payment that came in",
  gift: "Gift",
  refund: "Refund: money was paid back",
  adjustment: "Correction, either way",
};
const buttons: Readonly<Record<Kind, string>> = {
  top_up: "Book the payment",
  gift: "Give",
  refund: "Book the refund",
  adjustment: "Book the correction",
};

function Fields({ onClose, account }: Omit<CreditFormProps, "opened">) {
  // One for each time that the form is opened: what is sent twice of it is booked once.
  const [key] = useState(() => crypto.randomUUID());
  const moving = useMoveCredit(account.accountId);
  const form = useForm({ initialValues: { kind: "top_up" as Kind, amount: "", reason: "", reference: "" } });
  const { kind, amount } = form.values;
  const takes = kind === "refund" || (kind === "adjustment" && amount.trim().startsWith("-"));

  function move(values: typeof form.values) {
    const body = parseForm(creditMoveSchema, { ...values, reference: blankAsUndefined(values.reference) }, form);
    if (body === undefined) return;
    moving.mutate(
      { body, key },
      {
        onSuccess: ({ booked, account: { balance } }) => {
          tellSuccess(
            booked
              ? `Booked. The balance is ${balance.startsWith("-") ? "−" : ""}$${formatAmount(balance.replace("-", ""))}.`
              : "It was booked before: nothing was moved.",
          );
          onClose();
        },
        onError: showFailure(form),
      },
    );
  }

  return (
    <form onSubmit={form.onSubmit(move)}>
      <Stack gap="sm">
        <Select
          label="What"
          allowDeselect={false}
          data={creditMoveKinds.map((value) => ({ value, label: names[value] }))}
          {...form.getInputProps("kind")}
        />
        <AmountInput
          label="Amount"
          required
          data-autofocus
          placeholder="25.00"
          {...(kind === "adjustment" ? { description: "Negative: from the account." } : {})}
          {...form.getInputProps("amount")}
        />
        <Textarea
          label="Reason"
          description="The customer sees it in the ledger and on statements."
          required
          autosize
          minRows={2}
          {...form.getInputProps("reason")}
        />
        {(kind === "top_up" || kind === "refund") && (
          <TextInput
            label="Reference"
            description="Of the bank transfer, say: it is booked once, however often it is entered."
            {...form.getInputProps("reference")}
          />
        )}
        {takes && (
          <Alert color="orange" variant="light" py="xs">
            <Text size="sm">
              This takes money from the account, which has <Usd amount={account.available} /> available.
            </Text>
          </Alert>
        )}
        <FormButtons onCancel={onClose} submit={buttons[kind]} isPending={moving.isPending} isDangerous={takes} />
      </Stack>
    </form>
  );
}
