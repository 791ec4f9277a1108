/** The settings of a key as a form, in sections; for a new one and for changing one. */
import { Divider, Input, SegmentedControl, SimpleGrid, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { priorityClasses } from "@tera/admin-api/keys";
import { type ReactNode, useId } from "react";
import { useSession } from "../../api/session.ts";
import { AccountSelect } from "../../form/account-select.tsx";
import { LimitInput } from "../../form/limit-input.tsx";
import { ModelTags } from "../../form/model-select.tsx";
import { ExpiryInput, type ExpiryInputProps } from "./expiry-input.tsx";
import type { KeyFormValues } from "./key-form-values.ts";

export interface KeyFieldsProps {
  form: UseFormReturnType<KeyFormValues>;
  /** Whether its account is to be chosen; otherwise that is settled. */
  choosesAccount: boolean;
  initialExpiry: ExpiryInputProps["initialChoice"];
  /** Other keys share its budgets. */
  isOfRotation?: boolean;
}

export function KeyFields({ form, choosesAccount, initialExpiry, isOfRotation = false }: KeyFieldsProps) {
  const isOperator = useSession().accounts === null;
  const priorityId = useId();
  return (
    <Stack gap="lg">
      <Stack gap="sm">
        <TextInput
          label="Name"
          description="The program or person that uses it."
          required
          data-autofocus
          {...form.getInputProps("name")}
        />
        {choosesAccount && (
          <AccountSelect
            label="Account"
            required
            placeholder="Who is charged"
            value={form.values.accountId}
            onChange={(accountId) => form.setFieldValue("accountId", accountId)}
            error={form.errors["accountId"]}
          />
        )}
        <ExpiryInput
          label="Expires"
          initialChoice={initialExpiry}
          value={form.values.expiresAt}
          onChange={(end) => form.setFieldValue("expiresAt", end)}
          error={form.errors["expiresAt"]}
        />
      </Stack>

      <Section title="Models">
        <ModelTags
          label="May use"
          description="None chosen: every model."
          placeholder={form.values.modelScope.length === 0 ? "Every model" : ""}
          {...form.getInputProps("modelScope")}
        />
      </Section>

      <Section
        title="Budgets"
        about={`In USD, by days and months of UTC. A request that they do not cover is refused.${isOfRotation ? " All keys of its rotation share them." : ""}`}
      >
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <AmountInput label="A day" {...form.getInputProps("budgetDay")} />
          <AmountInput label="A month" {...form.getInputProps("budgetMonth")} />
          <AmountInput label="In all" {...form.getInputProps("budgetTotal")} />
        </SimpleGrid>
      </Section>

      <Section title="Limits" about="Its account's limits hold as well.">
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <LimitInput label="Requests a minute" {...form.getInputProps("requestsPerMinuteMax")} />
          <LimitInput label="Tokens a minute" {...form.getInputProps("tokensPerMinuteMax")} />
          <LimitInput label="Open at once" {...form.getInputProps("concurrencyMax")} />
        </SimpleGrid>
      </Section>

      <Section title="Access">
        <TagsInput
          label="Addresses"
          description="Where its requests may come from: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32. None: anywhere."
          placeholder={form.values.allowedAddresses.length === 0 ? "Anywhere" : ""}
          clearable
          splitChars={[",", " ", ";"]}
          {...form.getInputProps("allowedAddresses")}
        />
        {isOperator && (
          <Input.Wrapper
            label="Priority"
            description="Whose requests go first when slots are short."
            labelElement="div"
            labelProps={{ id: priorityId }}
          >
            <SegmentedControl
              aria-labelledby={priorityId}
              fullWidth
              mt={6}
              data={[...priorityClasses]}
              {...form.getInputProps("priorityClass")}
            />
          </Input.Wrapper>
        )}
        <Switch
          label="Keep prompts and answers"
          description="Cut short, for some days, to look into what went wrong. Otherwise nothing of them is kept."
          {...form.getInputProps("contentLogging", { type: "checkbox" })}
        />
      </Section>
    </Stack>
  );
}

function Section({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  const titleId = useId();
  return (
    <Stack gap="sm" component="section" aria-labelledby={titleId}>
      <div>
        <Divider
          labelPosition="left"
          label={
            <Text size="sm" fw={650} c="var(--mantine-color-text)" id={titleId}>
              {title}
            </Text>
          }
        />
        {about !== undefined && (
          <Text size="xs" c="dimmed">
            {about}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  );
}

interface FieldProps<Value> {
  label: string;
  value?: Value;
  onChange?: (value: Value) => void;
  error?: ReactNode;
}

/** Text and not a number: every digit counts. */
function AmountInput({ label, value = "", onChange, error }: FieldProps<string>) {
  return (
    <TextInput
      label={label}
      placeholder="no budget"
      inputMode="decimal"
      leftSection="$"
      value={value}
      onChange={({ currentTarget }) => onChange?.(currentTarget.value)}
      error={error}
    />
  );
}
