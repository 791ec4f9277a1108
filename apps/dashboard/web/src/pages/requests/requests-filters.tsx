/** Ways to narrow the list of requests. A request's id finds it alone, whatever else is chosen. */
import { Group, Select, Stack, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { requestStatuses } from "@tera/admin-api/requests";
import { requestErrorCodes } from "../../../../api/error-codes.ts";
import { AccountSelect } from "../../form/account-select.tsx";
import { KeySelect } from "../../form/key-select.tsx";
import { ModelSelect } from "../../form/model-select.tsx";
import { PeriodPicker } from "../../period/period-picker.tsx";
import type { RequestsSearch } from "./requests-search.ts";

const typingPauseMs = 300;
const width = { base: "100%", xs: 190 };

export interface RequestsFiltersProps {
  search: RequestsSearch;
  onNarrow(change: Partial<RequestsSearch>): void;
  hasAccounts: boolean;
}

export function RequestsFilters({ search, onNarrow, hasAccounts }: RequestsFiltersProps) {
  const searchLater = useDebouncedCallback(
    (text: string) => onNarrow({ id: text.trim() === "" ? undefined : text.trim() }),
    typingPauseMs,
  );
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <TextInput
          key={search.id === undefined ? "empty" : "searched"}
          aria-label="Request id"
          placeholder="Request id, as its x-request-id says"
          leftSection={<IconSearch size={16} />}
          defaultValue={search.id ?? ""}
          onChange={(event) => searchLater(event.currentTarget.value)}
          w={{ base: "100%", xs: 320 }}
        />
        <PeriodPicker value={search} standard={undefined} onChange={onNarrow} />
      </Group>
      <Group gap="sm">
        <Select
          aria-label="Status"
          placeholder="Any status"
          clearable
          data={[...requestStatuses]}
          value={search.status ?? null}
          onChange={(chosen) => onNarrow({ status: requestStatuses.find((status) => status === chosen) })}
          w={width}
        />
        <Select
          aria-label="Error code"
          placeholder="Any error code"
          searchable
          clearable
          data={[...requestErrorCodes]}
          nothingFoundMessage="No such code"
          value={search.code ?? null}
          onChange={(code) => onNarrow({ code: code ?? undefined })}
          w={width}
        />
        {hasAccounts && (
          <AccountSelect
            aria-label="Account"
            placeholder="Any account"
            clearable
            value={search.accountId ?? null}
            onChange={(accountId) => onNarrow({ accountId: accountId ?? undefined, keyId: undefined })}
            w={width}
          />
        )}
        <KeySelect
          aria-label="Key"
          placeholder="Any key"
          accountId={search.accountId}
          value={search.keyId ?? null}
          onChange={(keyId) => onNarrow({ keyId: keyId ?? undefined })}
          w={width}
        />
        <ModelSelect
          aria-label="Model"
          placeholder="Any model"
          value={search.model ?? null}
          onChange={(model) => onNarrow({ model: model ?? undefined })}
          w={width}
        />
      </Group>
    </Stack>
  );
}
