/** Balances and amounts, for people and for `--json`. */
import type { Balance } from "@tera/metering";

type MoneyText = Pick<typeof import("@tera/metering"), "formatUsd">;

/** Decimal strings of USD. */
export interface BalanceJson {
  balance: string;
  /** Of the balance, what gateways hold for requests that run. */
  leased: string;
  available: string;
}

/** Of a debt, for people. */
export const debtMeaning = "taken back of payments and used; what comes next pays it first";

const empty: Balance = { balanceNano: 0n, leasedNano: 0n, availableNano: 0n };

export function toBalanceJson(balance: Balance | undefined, { formatUsd }: MoneyText): BalanceJson {
  const { balanceNano, leasedNano, availableNano } = balance ?? empty;
  return { balance: formatUsd(balanceNano), leased: formatUsd(leasedNano), available: formatUsd(availableNano) };
}

/** `$12.5`, `-$0.000012` @param decimal of formatUsd. */
export function dollars(decimal: string): string {
  return decimal.startsWith("-") ? `-$${decimal.slice(1)}` : `$${decimal}`;
}

/** `+$12.5`, `-$0.000012`, `$0` */
export function signedUsd(nano: bigint, { formatUsd }: MoneyText): string {
  if (nano === 0n) return "$0";
  return nano > 0n ? `+$${formatUsd(nano)}` : `-$${formatUsd(-nano)}`;
}
