/** What invoices and statements say of a customer. */
import { SimpleGrid, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useSuspenseQuery } from "@tanstack/react-query";
import { type Buyer, buyerSchema } from "@tera/admin-api/billing";
import { buyerQuery, useSetBuyer } from "../../../api/billing.ts";
import { useMay } from "../../../api/session.ts";
import { AmountInput } from "../../../form/amount-input.tsx";
import { blankAsNull, parseForm } from "../../../form/parse-form.ts";
import { afterSaving, SettingsForm } from "../../../form/settings-form.tsx";

export function BuyerCard({ accountId, accountName }: { accountId: string; accountName: string }) {
  const { data: buyer } = useSuspenseQuery(buyerQuery(accountId));
  const mayWrite = useMay("billing:write");
  const saving = useSetBuyer(accountId);
  const form = useForm({ initialValues: toFields(buyer) });

  function save(values: typeof form.values) {
    const entered = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, blankAsNull(text)]));
    const body = parseForm(buyerSchema, entered, form);
    if (body === undefined) return;
    saving.mutate(body, afterSaving(form, toFields, "Saved. The next invoice or statement says it."));
  }

  return (
    <SettingsForm form={form} onSave={save} isSaving={saving.isPending} mayWrite={mayWrite}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput label="Name" placeholder={accountName} {...form.getInputProps("name")} />
        <TextInput label="E-mail" {...form.getInputProps("email")} />
        <Textarea label="Address" autosize minRows={3} {...form.getInputProps("address")} />
        <TextInput label="Tax id" {...form.getInputProps("taxId")} />
        <TextInput
          label="Tax rate"
          placeholder="the seller's"
          rightSection="%"
          inputMode="decimal"
          {...form.getInputProps("taxRatePercent")}
        />
        <AmountInput
          label="Notice when the balance is below"
          placeholder="no notice"
          {...form.getInputProps("lowBalance")}
        />
      </SimpleGrid>
      {!mayWrite && (
        <Text size="xs" c="dimmed">
          Who runs this service changes it.
        </Text>
      )}
    </SettingsForm>
  );
}

function toFields({ name, address, taxId, email, taxRatePercent, lowBalance }: Buyer) {
  return {
    name: name ?? "",
    address: address ?? "",
    taxId: taxId ?? "",
    email: email ?? "",
    taxRatePercent: taxRatePercent ?? "",
    lowBalance: lowBalance ?? "",
  };
}
