/** An account as it is shown: in JSON, with money as decimal strings of USD, and to people. */
import type { Account } from "@tera/database";
import type { Balance } from "@tera/metering";

export function accountToJson(account: Account, balance: Balance | undefined, formatUsd: (nano: bigint) => string) {
  const usd = (nano: bigint | undefined) => (nano === undefined ? null : formatUsd(nano));
  return {
    ...account,
    status: statusOf(account),
    balanceUsd: usd(balance?.balanceNano),
    leasedUsd: usd(balance?.leasedNano),
    availableUsd: usd(balance?.availableNano),
  };
}

export function statusOf(account: Account): "active" | "disabled" {
  return account.disabledAt === null ? "active" : "disabled";
}
