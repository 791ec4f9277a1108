/** Records a payment of an invoice that came by another way than Stripe. */
import { Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type InvoiceDetails, invoicePaymentSchema } from "@tera/admin-api/invoices";
import { usePayInvoice } from "../../../api/invoices.ts";
import { AmountInput } from "../../../form/amount-input.tsx";
import { FormButtons } from "../../../form/form-buttons.tsx";
import { parseForm, showFailure } from "../../../form/parse-form.ts";
import { tellSuccess } from "../../../format/tell.ts";
import { formatAmount } from "../../../format/usd.tsx";

export interface PaymentFormProps {
  opened: boolean;
  onClose(): void;
  invoice: InvoiceDetails;
}

export function PaymentForm({ opened, onClose, invoice }: PaymentFormProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Payment of ${invoice.number}`}>
      <Fields onClose={onClose} invoice={invoice} />
    </Modal>
  );
}

function Fields({ onClose, invoice }: Omit<PaymentFormProps, "opened">) {
  const paying = usePayInvoice(invoice.number);
  const form = useForm({ initialValues: { amount: invoice.open, reference: "" } });

  function pay(values: typeof form.values) {
    const body = parseForm(invoicePaymentSchema, values, form);
    if (body === undefined) return;
    paying.mutate(body, {
      onSuccess: ({ booked, surplus }) => {
        const beyond = surplus === "0" ? "" : ` $${formatAmount(surplus)} beyond the invoice is credit.`;
        tellSuccess(booked ? `Booked.${beyond}` : "This reference was booked before: nothing was booked now.");
        onClose();
      },
      onError: showFailure(form),
    });
  }

  return (
    <form onSubmit={form.onSubmit(pay)}>
      <Stack gap="sm">
        <AmountInput
          label="Amount"
          description="What is paid beyond the invoice becomes credit."
          required
          {...form.getInputProps("amount")}
        />
        <TextInput
          label="Reference"
          description="Of the bank transfer, say: it is booked once, however often it is entered."
          required
          data-autofocus
          {...form.getInputProps("reference")}
        />
        <FormButtons onCancel={onClose} submit="Book the payment" isPending={paying.isPending} />
      </Stack>
    </form>
  );
}
