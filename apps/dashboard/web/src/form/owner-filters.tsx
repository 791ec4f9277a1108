/** Narrows a list to an account, a key and a model. */
import { AccountFilter } from "./account-filter.tsx";
import { KeySelect } from "./key-select.tsx";
import { ModelSelect } from "./model-select.tsx";

export interface OwnerSearch {
  accountId?: string | undefined;
  keyId?: string | undefined;
  model?: string | undefined;
}

const width = { base: "100%", xs: 200 };

export interface OwnerFiltersProps {
  search: OwnerSearch;
  onNarrow(change: OwnerSearch): void;
  /** Who sees one account only has nothing to choose. */
  hasAccounts: boolean;
}

export function OwnerFilters({ search, onNarrow, hasAccounts }: OwnerFiltersProps) {
  return (
    <>
      {hasAccounts && (
        <AccountFilter value={search.accountId} onChange={(accountId) => onNarrow({ accountId, keyId: undefined })} />
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
    </>
  );
}
