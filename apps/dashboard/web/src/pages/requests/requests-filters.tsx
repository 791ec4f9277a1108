/** Ways to narrow the list of requests. A request's id finds it alone, whatever else is chosen. */
import { Group, Select } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { requestLanes, requestStatuses } from "@tera/admin-api/requests";
import { requestErrorCodes } from "../../../../api/error-codes.ts";
import { ChoiceFilter } from "../../form/choice-filter.tsx";
import { OwnerFilters } from "../../form/owner-filters.tsx";
import { SearchInput } from "../../form/search-input.tsx";
import { PeriodPicker } from "../../period/period-picker.tsx";
import type { RequestsSearch } from "./requests-search.ts";

const width = { base: "100%", xs: 200 };

export interface RequestsFiltersProps {
  search: RequestsSearch;
  onNarrow(change: Partial<RequestsSearch>): void;
  hasAccounts: boolean;
}

export function RequestsFilters({ search, onNarrow, hasAccounts }: RequestsFiltersProps) {
  return (
    <Group gap="sm">
      <SearchInput
        label="Request id"
        placeholder="Request id, as its x-request-id says"
        leftSection={<IconSearch size={16} />}
        value={search.id}
        onSearch={(id) => onNarrow({ id })}
        w={{ base: "100%", xs: 320 }}
      />
      <PeriodPicker value={search} standard={undefined} onChange={onNarrow} />
      <ChoiceFilter
        label="Status"
        choices={requestStatuses}
        value={search.status}
        onChange={(status) => onNarrow({ status })}
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
      <ChoiceFilter
        label="Lane"
        choices={requestLanes}
        words={{ interactive: "live", batch: "batch" }}
        value={search.lane}
        onChange={(lane) => onNarrow({ lane })}
        w={{ base: "100%", xs: 140 }}
      />
      <OwnerFilters search={search} onNarrow={onNarrow} hasAccounts={hasAccounts} />
    </Group>
  );
}
