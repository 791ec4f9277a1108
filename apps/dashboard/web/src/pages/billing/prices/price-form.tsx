/** A new price of a model, from a moment on; exact to a thousandth of a dollar for a million. */
import {
  Alert,
  Autocomplete,
  Input,
  Modal,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { newPriceSchema, type Price } from "@tera/admin-api/prices";
import { modelIdsQuery } from "../../../api/installation.ts";
import { useSetPrice } from "../../../api/prices.ts";
import { confirm } from "../../../dialog/confirm.tsx";
import { AmountInput } from "../../../form/amount-input.tsx";
import { FormButtons } from "../../../form/form-buttons.tsx";
import { MomentInput, toMoment } from "../../../form/moment-input.tsx";
import { blankAsUndefined, parseForm, showFailure } from "../../../form/parse-form.ts";
import { tellSuccess } from "../../../format/tell.ts";

export interface PriceFormProps {
  opened: boolean;
  onClose(): void;
  /** Absent: it is chosen. */
  model?: string;
  /** The form begins with its amounts. */
  from?: Price;
}

export function PriceForm({ opened, onClose, ...props }: PriceFormProps) {
  const { model } = props;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={model === undefined ? "New price" : `New price of ${model}`}
      size="lg"
    >
      <Fields onClose={onClose} {...props} />
    </Modal>
  );
}

const amountNames = [
  "input",
  "output",
  "cacheRead",
  "perMillionCharacters",
  "request",
  "batchDiscountPercent",
] as const;

function Fields({ onClose, model, from }: Omit<PriceFormProps, "opened">) {
  const saving = useSetPrice();
  const navigate = useNavigate();
  const { data: known } = useQuery(modelIdsQuery);
  const form = useForm({
    initialValues: {
      model: model ?? "",
      free: from?.free ?? false,
      ...startingAmounts(from),
      when: "now",
      validFrom: "",
      reason: "",
    },
  });
  const { free, when, validFrom } = form.values;
  const moment = when === "now" ? undefined : toMoment(validFrom);
  const isPast = moment !== undefined && new Date(moment) < new Date();

  function save(values: typeof form.values) {
    if (when === "moment" && moment === undefined) {
      form.setErrors({ validFrom: "is needed" });
      return;
    }
    const amounts = values.free
      ? {}
      : Object.fromEntries(amountNames.map((name) => [name, blankAsUndefined(values[name])]));
    const entered = {
      model: values.model,
      free: values.free,
      ...amounts,
      validFrom: moment,
      reason: blankAsUndefined(values.reason),
    };
    const body = parseForm(newPriceSchema, entered, form);
    if (body === undefined) return;
    saving.mutate(body, {
      onSuccess: (price) => {
        tellSuccess(`The price of ${price.model} was set.`);
        onClose();
        if (isPast) offerRerating(price);
      },
      onError: showFailure(form),
    });
  }

  function offerRerating(price: Price) {
    confirm({
      title: "Look at what it changes?",
      children: (
        <Text size="sm">
          The price begins in the past. What was charged since stays as it is, until it is re-rated: first you see the
          effect on each account.
        </Text>
      ),
      labels: { confirm: "Look", cancel: "Not now" },
      onConfirm: () => navigate({ to: "/billing/rerate", search: { model: price.model, from: price.validFrom } }),
    });
  }

  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack gap="sm">
        {model === undefined && (
          <Autocomplete
            label="Model"
            required
            data-autofocus
            data={(known?.items ?? []).map(({ id }) => id)}
            limit={20}
            {...form.getInputProps("model")}
          />
        )}
        <Switch
          label="Free: served for nothing, because you say so"
          {...form.getInputProps("free", { type: "checkbox" })}
        />
        {!free && (
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <AmountInput label="Input" unit="per million tokens" {...form.getInputProps("input")} />
            <AmountInput label="Output" unit="per million tokens" {...form.getInputProps("output")} />
            <AmountInput
              label="Cached input"
              unit="per million tokens"
              placeholder="as input"
              {...form.getInputProps("cacheRead")}
            />
            <AmountInput label="Speech" unit="per million characters" {...form.getInputProps("perMillionCharacters")} />
            <AmountInput label="Each request" unit="per request" {...form.getInputProps("request")} />
            <TextInput
              label="Discount in batches"
              placeholder="none"
              inputMode="decimal"
              rightSection="%"
              {...form.getInputProps("batchDiscountPercent")}
            />
          </SimpleGrid>
        )}
        <Input.Wrapper label="In force" labelElement="div">
          <SegmentedControl
            fullWidth
            aria-label="In force"
            data={[
              { value: "now", label: "at once" },
              { value: "moment", label: "from a moment on" },
            ]}
            {...form.getInputProps("when")}
          />
        </Input.Wrapper>
        {when === "moment" && <MomentInput label="From" required {...form.getInputProps("validFrom")} />}
        {isPast && (
          <Alert variant="light" color="orange" py="xs">
            It begins in the past: a correction. What was charged since stays as it is until it is re-rated.
          </Alert>
        )}
        <TextInput label="Reason" placeholder="for whoever reads the history" {...form.getInputProps("reason")} />
        <FormButtons onCancel={onClose} submit="Set the price" isPending={saving.isPending} />
      </Stack>
    </form>
  );
}

/** What is 0 is left empty, and so is cached input where it costs as much as any other. */
function startingAmounts(from: Price | undefined): Record<(typeof amountNames)[number], string> {
  const blank = {
    input: "",
    output: "",
    cacheRead: "",
    perMillionCharacters: "",
    request: "",
    batchDiscountPercent: "",
  };
  if (from === undefined || from.free) return blank;
  const { input, output, cacheRead } = from;
  const unlessZero = (amount: string) => (amount === "0" ? "" : amount);
  // Input and output go together.
  const tokens = input === "0" && output === "0" ? {} : { input, output };
  return {
    ...blank,
    ...tokens,
    cacheRead: cacheRead === input ? "" : cacheRead,
    perMillionCharacters: unlessZero(from.perMillionCharacters),
    request: unlessZero(from.request),
    batchDiscountPercent: unlessZero(from.batchDiscountPercent),
  };
}
