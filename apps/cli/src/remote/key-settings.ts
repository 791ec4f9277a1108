/** The settings of a key as the Admin API names them, and the audit log keeps them: amounts in decimal strings of USD. */
import type { KeyChange, KeySettings } from "@tera/access";
import type { KeyChange as RemoteChange } from "@tera/admin-api/keys";
import { formatUsd } from "@tera/metering";

/** What is absent stays absent. */
export function toRemoteChange({
  expiresAt,
  laneClass,
  budgetDayNano,
  budgetMonthNano,
  budgetTotalNano,
  ...same
}: KeyChange): { [Field in keyof RemoteChange]?: RemoteChange[Field] | undefined } {
  const usd = (nano: bigint | null | undefined) => (typeof nano === "bigint" ? formatUsd(nano) : nano);
  return {
    ...same,
    expiresAt: toMoment(expiresAt),
    priorityClass: laneClass,
    budgetDay: usd(budgetDayNano),
    budgetMonth: usd(budgetMonthNano),
    budgetTotal: usd(budgetTotalNano),
  };
}

/** All that is chosen for a key, and nothing else of it. */
export function toKeySettings(key: KeySettings): object {
  const { name, expiresAt, modelScope, laneClass, allowedAddresses, contentLogging } = key;
  const { requestsPerMinuteMax, tokensPerMinuteMax, concurrencyMax } = key;
  const { budgetDayNano, budgetMonthNano, budgetTotalNano } = key;
  return toRemoteChange({
    name,
    expiresAt,
    modelScope,
    laneClass,
    allowedAddresses,
    contentLogging,
    requestsPerMinuteMax,
    tokensPerMinuteMax,
    concurrencyMax,
    budgetDayNano,
    budgetMonthNano,
    budgetTotalNano,
  });
}

export function toMoment(date: Date | null | undefined): string | null | undefined {
  return date instanceof Date ? date.toISOString() : date;
}
