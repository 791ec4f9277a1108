/** Takes back an invoice, or a part, by a credit note. */
import { Alert, Modal, Stack, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { creditNoteSchema, type InvoiceDetails } from "@tera/admin-api/invoices";
import { useCreditNote } from "../../../api/invoices.ts";
import { AmountInput } from "../../../form/amount-input.tsx";
import { FormButtons } from "../../../form/form-buttons.tsx";
import { blankAsUndefined, parseForm, showFailure } from "../../../form/parse-form.ts";
import { tellSuccess } from "../../../format/tell.ts";

export interface CreditNoteFormProps {
  opened: boolean;
  onClose(): void;
  invoice: InvoiceDetails;
}

export function CreditNoteForm({ opened, onClose, invoice }: CreditNoteFormProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Credit note on ${invoice.number}`}>
      <Fields onClose={onClose} invoice={invoice} />
    </Modal>
  );
}

function Fields({ onClose, invoice: { number, credited } }: Omit<CreditNoteFormProps, "opened">) {
  const issuing = useCreditNote(number);
  const form = useForm({ initialValues: { amount: "", reason: "" } });

  function issue({ amount, reason }: typeof form.values) {
    const body = parseForm(creditNoteSchema, { amount: blankAsUndefined(amount), reason, credited }, form);
    if (body === undefined) return;
    issuing.mutate(body, {
      onSuccess: ({ number: note }) => {
        tellSuccess(`Credit note ${note} was issued.`);
        onClose();
      },
      onError: showFailure(form),
    });
  }

  return (
    <form onSubmit={form.onSubmit(issue)}>
      <Stack gap="sm">
        <Alert variant="light" color="orange" py="xs">
          It is for good. What is still owed of the amount is owed no more; what was paid becomes credit.
        </Alert>
        <AmountInput
          label="Amount, tax included"
          placeholder="all that is left"
          data-autofocus
          {...form.getInputProps("amount")}
        />
        <Textarea
          label="Reason"
          description="It is printed on the credit note."
          required
          autosize
          minRows={2}
          {...form.getInputProps("reason")}
        />
        <FormButtons onCancel={onClose} submit="Issue the credit note" isPending={issuing.isPending} isDangerous />
      </Stack>
    </form>
  );
}
