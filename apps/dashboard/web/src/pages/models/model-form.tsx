/** What the operator says of a model: each field says what the runners say, and can be given back to them. */
import {
  Anchor,
  Button,
  Group,
  MultiSelect,
  Select,
  SimpleGrid,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { type ModelDetails, type ModelSettings, modelSettingsSchema } from "@tera/admin-api/models";
import { type CSSProperties, type ReactNode, useEffect } from "react";
import { ApiError } from "../../api/client.ts";
import { useChangeModel } from "../../api/models.ts";
import { LimitInput } from "../../form/limit-input.tsx";
import { formatCount } from "../../format/quantity.ts";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { featureNames } from "./feature-badges.tsx";

/** They tell what the runners say. */
const readablePlaceholders = { "--mantine-color-placeholder": "var(--mantine-color-dimmed)" } as CSSProperties;

type Origin = NonNullable<ModelDetails["origin"]>;
type Field = keyof ModelSettings;

const features = Object.entries(featureNames).map(([value, label]) => ({ value, label }));

export function ModelForm({ model, origin: { settings, fromRunners } }: { model: ModelDetails; origin: Origin }) {
  const changing = useChangeModel(model.id);
  const navigate = useNavigate();
  const form = useForm<ModelSettings>({
    initialValues: settings,
    validate: schemaResolver(modelSettingsSchema, { sync: true }),
  });
  const { values } = form;

  // What others set meanwhile is taken over; what is typed here stays.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the form is another object each time that it is drawn.
  useEffect(() => {
    const typed = differenceOf(form.getInitialValues(), form.getValues());
    form.setInitialValues(settings);
    form.setValues({ ...settings, ...typed });
  }, [settings]);

  function save(wanted: ModelSettings) {
    changing.mutate(differenceOf(settings, wanted), {
      onSuccess: (changed) => {
        tellSuccess(`${model.id} was changed.`);
        if (changed === null) void navigate({ to: "/models" });
        else if (changed.origin !== null) {
          form.setInitialValues(changed.origin.settings);
          form.reset();
        }
      },
      onError(error) {
        if (error instanceof ApiError) for (const { path, message } of error.fields) form.setFieldError(path, message);
        tellFailure(error);
      },
    });
  }

  /** Label, with a way back where something is set. */
  function labelOf(field: Field, text: string): ReactNode {
    if (values[field] === null) return text;
    return (
      <>
        {text}{" "}
        <Anchor
          component="button"
          type="button"
          size="xs"
          fw={400}
          aria-label={`Give back: ${text}`}
          onClick={(event) => {
            event.preventDefault();
            form.setFieldValue(field, null);
          }}
        >
          set by hand · give back
        </Anchor>
      </>
    );
  }

  const textOf = (field: "name" | "description" | "huggingFaceId" | "ownedBy" | "quantization") => ({
    ...form.getInputProps(field),
    value: values[field] ?? "",
    onChange: (event: { currentTarget: { value: string } }) =>
      form.setFieldValue(field, event.currentTarget.value === "" ? null : event.currentTarget.value),
  });
  const tokensOf = (field: "contextLength" | "maxOutputLength") => ({
    error: form.errors[field],
    value: values[field],
    onChange: (entered: number | null) => form.setFieldValue(field, entered),
  });

  return (
    <form onSubmit={form.onSubmit(save)} noValidate style={readablePlaceholders}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <TagsInput
          label={labelOf("aliases", "Aliases")}
          placeholder={values.aliases === null ? "other names to ask for it by" : ""}
          splitChars={[",", " "]}
          error={form.errors["aliases"]}
          value={values.aliases ?? []}
          onChange={(names) => form.setFieldValue("aliases", names.length === 0 ? null : names)}
        />
        <TextInput label={labelOf("name", "Name")} placeholder={said(fromRunners?.name)} {...textOf("name")} />
        <TextInput
          label={labelOf("ownedBy", "Made by")}
          placeholder={said(fromRunners?.ownedBy)}
          {...textOf("ownedBy")}
        />
        <LimitInput
          label={labelOf("contextLength", "Context, in tokens")}
          placeholder={said(tokens(fromRunners?.contextLength))}
          {...tokensOf("contextLength")}
        />
        <LimitInput
          label={labelOf("maxOutputLength", "Longest answer, in tokens")}
          placeholder={said(tokens(fromRunners?.maxOutputLength))}
          {...tokensOf("maxOutputLength")}
        />
        <TextInput
          label={labelOf("huggingFaceId", "Hugging Face id")}
          placeholder={said(fromRunners?.huggingFaceId)}
          {...textOf("huggingFaceId")}
        />
        <TextInput
          label={labelOf("quantization", "Weights")}
          placeholder={said(fromRunners?.quantization)}
          {...textOf("quantization")}
        />
        <MultiSelect
          label={labelOf("inputModalities", "Takes")}
          placeholder={values.inputModalities === null ? said(fromRunners?.inputModalities.join(", ")) : ""}
          data={["text", "image", "audio"]}
          error={form.errors["inputModalities"]}
          value={values.inputModalities ?? []}
          onChange={(chosen) =>
            form.setFieldValue("inputModalities", noneIsNull(pick(chosen, ["text", "image", "audio"])))
          }
        />
        <MultiSelect
          label={labelOf("outputModalities", "Gives")}
          placeholder={values.outputModalities === null ? said(fromRunners?.outputModalities.join(", ")) : ""}
          data={["text", "audio"]}
          error={form.errors["outputModalities"]}
          value={values.outputModalities ?? []}
          onChange={(chosen) => form.setFieldValue("outputModalities", noneIsNull(pick(chosen, ["text", "audio"])))}
        />
        <MultiSelect
          label={labelOf("features", "Can")}
          placeholder={
            values.features === null
              ? said(fromRunners?.features.map((feature) => featureNames[feature]).join(", ") || "nothing beyond text")
              : values.features.length === 0
                ? "set: nothing beyond text"
                : ""
          }
          data={features}
          error={form.errors["features"]}
          value={values.features ?? []}
          onChange={(chosen) =>
            form.setFieldValue(
              "features",
              pick(chosen, ["tools", "json_mode", "structured_outputs", "reasoning", "logprobs"]),
            )
          }
        />
        <Select
          label={labelOf("reasoningField", "Reasoning comes as")}
          placeholder="reasoning_content, as by default"
          data={["reasoning_content", "reasoning", "both"]}
          value={values.reasoningField}
          error={form.errors["reasoningField"]}
          onChange={(chosen) =>
            form.setFieldValue(
              "reasoningField",
              pick(chosen === null ? [] : [chosen], ["reasoning_content", "reasoning", "both"])[0] ?? null,
            )
          }
        />
      </SimpleGrid>
      <Textarea
        mt="md"
        label={labelOf("description", "Description")}
        placeholder={said(fromRunners?.description || undefined)}
        autosize
        minRows={2}
        maxRows={8}
        {...textOf("description")}
      />
      <Switch
        mt="md"
        label="Always listed"
        description="Listed also while no runner serves it; requests are then answered with 503."
        {...form.getInputProps("alwaysListed", { type: "checkbox" })}
      />
      <Group justify="flex-end" mt="md">
        <Button variant="default" disabled={!form.isDirty()} onClick={() => form.reset()}>
          Undo
        </Button>
        <Button type="submit" disabled={!form.isDirty()} loading={changing.isPending}>
          Save
        </Button>
      </Group>
    </form>
  );
}

function said(text: string | null | undefined): string {
  return text === null || text === undefined || text === "unknown" ? "no runner says" : `as the runners say: ${text}`;
}

function tokens(count: number | null | undefined): string | null {
  return count === null || count === undefined ? null : formatCount(count);
}

/** Those of `known` that were chosen. */
function pick<Word extends string>(chosen: readonly string[], known: readonly Word[]): Word[] {
  return known.filter((word) => chosen.includes(word));
}

function noneIsNull<Word>(words: Word[]): Word[] | null {
  return words.length === 0 ? null : words;
}

/** What is to be changed: what others set meanwhile stays. */
function differenceOf(before: ModelSettings, wanted: ModelSettings): Partial<ModelSettings> {
  const isSame = (field: string) => JSON.stringify(Object.entries(before).find(([name]) => name === field)?.[1]);
  return Object.fromEntries(Object.entries(wanted).filter(([field, value]) => JSON.stringify(value) !== isSame(field)));
}
