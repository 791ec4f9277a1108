/** Models to choose from: what runs now first. One for a filter, several for a scope, where also an id can be typed that no runner serves yet. */
import { Group, Select, type SelectProps, TagsInput, type TagsInputProps, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { modelIdsQuery } from "../api/installation.ts";

export interface ModelSelectProps extends Pick<SelectProps, "placeholder" | "w" | "aria-label"> {
  value: string | null;
  onChange(model: string | null): void;
}

export function ModelSelect({ value, ...props }: ModelSelectProps) {
  const { ids } = useModelIds();
  // A model of the URL may be gone by now.
  const data = value === null || ids.includes(value) ? ids : [value, ...ids];
  return <Select {...props} searchable clearable value={value} data={data} nothingFoundMessage="No such model" />;
}

export function ModelTags(
  props: Pick<TagsInputProps, "label" | "description" | "placeholder" | "value" | "onChange" | "error">,
) {
  const { ids, isServed } = useModelIds();
  return (
    <TagsInput
      {...props}
      clearable
      splitChars={[",", " "]}
      isDuplicate={(id, chosen) => chosen.includes(id)}
      data={ids}
      renderOption={({ option }) => (
        <Group justify="space-between" w="100%" wrap="nowrap" gap="xs">
          <Text size="sm" truncate>
            {option.value}
          </Text>
          {!isServed(option.value) && (
            <Text size="xs" c="dimmed">
              not running
            </Text>
          )}
        </Group>
      )}
    />
  );
}

function useModelIds() {
  const { data } = useQuery(modelIdsQuery);
  const items = data?.items ?? [];
  const served = items.filter(({ isServed }) => isServed).map(({ id }) => id);
  const others = items.filter(({ isServed }) => !isServed).map(({ id }) => id);
  return { ids: [...served, ...others], isServed: (id: string) => served.includes(id) };
}
