/** Narrows a list to one account. */
import { AccountSelect } from "./account-select.tsx";

export interface AccountFilterProps {
  value: string | undefined;
  onChange(accountId: string | undefined): void;
}

export function AccountFilter({ value, onChange }: AccountFilterProps) {
  return (
    <AccountSelect
      aria-label="Account"
      placeholder="Any account"
      clearable
      value={value ?? null}
      onChange={(accountId) => onChange(accountId ?? undefined)}
      w={{ base: "100%", xs: 200 }}
    />
  );
}
