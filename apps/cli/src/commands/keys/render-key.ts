/** A key as it is shown: in JSON, with money as decimal strings of USD, and to people. Never the key itself. */
import type { KeySummary } from "@tera/access";
import { describeLimits } from "../limit-options.ts";

export type KeyStatus = "active" | "disabled" | "expired" | "revoked";

type KeyEnds = Pick<KeySummary, "expiresAt" | "revokedAt" | "disabledAt">;

export function statusOf(key: KeyEnds): KeyStatus {
  if (key.revokedAt !== null) return "revoked";
  if (key.expiresAt !== null && key.expiresAt <= new Date()) return "expired";
  return key.disabledAt === null ? "active" : "disabled";
}

export function describeStatus(key: KeyEnds): string {
  const status = statusOf(key);
  const day = key.expiresAt?.toISOString().slice(0, 10);
  return status === "active" && day !== undefined ? `until ${day}` : status;
}

type UsdFormatter = (nano: bigint) => string;

/** @param formatUsd of @tera/metering, which is loaded when it is needed. */
export function keyToJson(key: KeySummary, formatUsd: UsdFormatter): object {
  const { budgetDayNano, budgetMonthNano, budgetTotalNano, ...rest } = key;
  const usd = (nano: bigint | null) => (nano === null ? null : formatUsd(nano));
  return {
    ...rest,
    status: statusOf(key),
    budgetDayUsd: usd(budgetDayNano),
    budgetMonthUsd: usd(budgetMonthNano),
    budgetTotalUsd: usd(budgetTotalNano),
  };
}

/** The settings of a key, as a person reads them. */
export function describeSettings(key: KeySummary): [string, string][] {
  return [
    ["Models", key.modelScope?.join(", ") ?? "all"],
    ["Addresses", key.allowedAddresses?.join(", ") ?? "all"],
    ...describeLimits(key),
    ["Class", key.laneClass],
    ["Content logging", key.contentLogging ? "on" : "off"],
  ];
}
