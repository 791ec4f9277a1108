/** One account, found by its name: the server searches, because there can be thousands. */
import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { accountQuery, accountsQuery } from "../api/accounts.ts";

const shownMax = 25;
const typingPauseMs = 250;

export interface AccountSelectProps
  extends Pick<SelectProps, "label" | "placeholder" | "required" | "clearable" | "error" | "w" | "aria-label"> {
  value: string | null;
  onChange(accountId: string | null): void;
}

export function AccountSelect({ value, onChange, ...props }: AccountSelectProps) {
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed, typingPauseMs);
  const chosen = useQuery({ ...accountQuery(value ?? ""), enabled: value !== null }).data;
  // The name of what is chosen is no search: the list shall show the others.
  const wanted = search === chosen?.name ? "" : search;
  const found = useQuery(accountsQuery({ search: wanted, pageSize: shownMax, sort: "name" }));
  const items = found.data?.items ?? [];
  // What is chosen has a name also when the search has others.
  const isElsewhere = chosen !== undefined && !items.some(({ id }) => id === chosen.id);
  const known = isElsewhere ? [chosen, ...items] : items;
  return (
    <Select
      {...props}
      searchable
      value={value}
      onChange={onChange}
      onSearchChange={setTyped}
      // The server has searched already.
      filter={({ options }) => options}
      nothingFoundMessage={found.isPending ? "Searching" : "No account has this name"}
      data={known.map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}
