/** Words of one's own that a batch carries: names and values, as many as the API takes. */
import { ActionIcon, Button, Group, Input, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";

const entriesMax = 16;

export interface MetadataEntry {
  /** Of the row on the screen. */
  id: number;
  name: string;
  value: string;
}

export interface MetadataInputProps {
  value: MetadataEntry[];
  onChange(entries: MetadataEntry[]): void;
  error?: ReactNode;
}

export function MetadataInput({ value: entries, onChange, error }: MetadataInputProps) {
  const labelId = useId();
  const change = (id: number, values: Partial<MetadataEntry>) =>
    onChange(entries.map((entry) => (entry.id === id ? { ...entry, ...values } : entry)));
  const add = () => onChange([...entries, { id: (entries.at(-1)?.id ?? 0) + 1, name: "", value: "" }]);

  return (
    <Input.Wrapper
      label="Metadata"
      description="Words of your own, to know the batch by. Optional."
      labelElement="div"
      labelProps={{ id: labelId }}
      error={error}
    >
      <Stack gap="xs" mt={6} role="group" aria-labelledby={labelId}>
        {entries.map(({ id, name, value }, at) => (
          <Group key={id} gap="xs" wrap="nowrap">
            <TextInput
              aria-label={`Name ${at + 1}`}
              placeholder="Name"
              maxLength={64}
              flex={2}
              value={name}
              onChange={({ currentTarget }) => change(id, { name: currentTarget.value })}
            />
            <TextInput
              aria-label={`Value ${at + 1}`}
              placeholder="Value"
              maxLength={512}
              flex={3}
              value={value}
              onChange={({ currentTarget }) => change(id, { value: currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove ${name === "" ? `entry ${at + 1}` : name}`}
              onClick={() => onChange(entries.filter((entry) => entry.id !== id))}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        ))}
        {entries.length < entriesMax && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={14} />}
            onClick={add}
            style={{ alignSelf: "flex-start" }}
          >
            Add an entry
          </Button>
        )}
      </Stack>
    </Input.Wrapper>
  );
}

/** Rows without a name are none. @returns null: there is no metadata */
export function toMetadata(entries: readonly MetadataEntry[]): Record<string, string> | null {
  const named = entries.filter(({ name }) => name.trim() !== "");
  return named.length === 0 ? null : Object.fromEntries(named.map(({ name, value }) => [name.trim(), value]));
}
