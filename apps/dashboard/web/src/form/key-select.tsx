/** One key, found by its name or id: the server searches, because there can be thousands. */
import { Group, Select, type SelectProps, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { KeyState } from "@tera/admin-api/keys";
import { useState } from "react";
import { keyQuery, keysQuery } from "../api/keys.ts";

const shownMax = 25;
const typingPauseMs = 250;

export interface KeySelectProps
  extends Pick<
    SelectProps,
    "label" | "description" | "placeholder" | "required" | "disabled" | "clearable" | "error" | "w" | "aria-label"
  > {
  value: string | null;
  onChange(keyId: string | null): void;
  /** Only of this account. */
  accountId?: string | undefined;
  /** Only those in this state. */
  state?: KeyState | undefined;
}

export function KeySelect({ value, onChange, accountId, state, ...props }: KeySelectProps) {
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed, typingPauseMs);
  // Typing what is chosen is no search: the list shall show the others.
  const found = useQuery(
    keysQuery({ search: search.includes(" ····") ? "" : search, accountId, state, pageSize: shownMax, sort: "name" }),
  );
  const items = found.data?.items ?? [];
  const isElsewhere = value !== null && found.isSuccess && !items.some(({ id }) => id === value);
  const chosen = useQuery({ ...keyQuery(value ?? ""), enabled: isElsewhere });
  const known = isElsewhere && chosen.data !== undefined ? [chosen.data, ...items] : items;
  return (
    <Select
      clearable
      {...props}
      searchable
      value={value}
      onChange={onChange}
      onSearchChange={setTyped}
      // The server has searched already.
      filter={({ options }) => options}
      nothingFoundMessage={found.isPending ? "Searching" : "No key has this name"}
      data={known.map(({ id, name, lastFour }) => ({ value: id, label: `${name} ····${lastFour}` }))}
      renderOption={({ option: { value: id, label } }) => (
        <Group justify="space-between" w="100%" wrap="nowrap" gap="xs">
          <Text size="sm" truncate>
            {label}
          </Text>
          {accountId === undefined && (
            <Text size="xs" c="dimmed" truncate>
              {known.find((key) => key.id === id)?.accountName}
            </Text>
          )}
        </Group>
      )}
    />
  );
}
