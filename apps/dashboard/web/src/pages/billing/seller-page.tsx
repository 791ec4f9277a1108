/** What invoices and statements say of who sells. */
import { NumberInput, SimpleGrid, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useSuspenseQuery } from "@tanstack/react-query";
import { type Seller, sellerSchema } from "@tera/admin-api/billing";
import { sellerQuery, useSetSeller } from "../../api/billing.ts";
import { useMay } from "../../api/session.ts";
import { blankAsNull, parseForm } from "../../form/parse-form.ts";
import { afterSaving, SettingsForm } from "../../form/settings-form.tsx";
import { BillingFrame } from "./billing-frame.tsx";

const dueDaysMax = 365;

export function SellerPage() {
  const { data } = useSuspenseQuery(sellerQuery);
  return (
    <BillingFrame tab="seller">
      <Fields seller={data.seller} />
    </BillingFrame>
  );
}

function Fields({ seller }: { seller: Seller | null }) {
  const mayWrite = useMay("billing:write");
  const saving = useSetSeller();
  const form = useForm({ initialValues: toFields(seller) });

  function save({ name, taxRatePercent, dueDays, ...texts }: typeof form.values) {
    const nullable = Object.fromEntries(Object.entries(texts).map(([field, text]) => [field, blankAsNull(text)]));
    const body = parseForm(sellerSchema, { name, taxRatePercent, dueDays, ...nullable }, form);
    if (body === undefined) return;
    saving.mutate(body, afterSaving(form, toFields, "Saved. Invoices from now on say it."));
  }

  return (
    <SettingsForm form={form} onSave={save} isSaving={saving.isPending} mayWrite={mayWrite}>
      <Text size="sm" c="dimmed">
        {seller === null ? "Without it no invoice is issued." : "Invoices that were issued keep what was said then."}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput label="Name" required {...form.getInputProps("name")} />
        <TextInput label="E-mail" {...form.getInputProps("email")} />
        <Textarea label="Address" autosize minRows={3} {...form.getInputProps("address")} />
        <Textarea
          label="How to pay"
          placeholder="IBAN, reference, terms"
          autosize
          minRows={3}
          {...form.getInputProps("paymentNote")}
        />
        <TextInput label="Tax id" {...form.getInputProps("taxId")} />
        <TextInput
          label="Tax rate"
          description="Of accounts that have none of their own."
          inputMode="decimal"
          rightSection="%"
          required
          {...form.getInputProps("taxRatePercent")}
        />
        <NumberInput
          label="Due after"
          suffix=" days"
          min={0}
          max={dueDaysMax}
          allowDecimal={false}
          required
          {...form.getInputProps("dueDays")}
        />
      </SimpleGrid>
    </SettingsForm>
  );
}

function toFields(seller: Seller | null) {
  return {
    name: seller?.name ?? "",
    email: seller?.email ?? "",
    address: seller?.address ?? "",
    paymentNote: seller?.paymentNote ?? "",
    taxId: seller?.taxId ?? "",
    taxRatePercent: seller?.taxRatePercent ?? "0",
    dueDays: seller?.dueDays ?? 30,
  };
}
