/** How automatic top-ups of an account are doing, for people and programs. */
import type { AutoTopUp, AutoTopUpCharge } from "@tera/database";
import { formatUsd } from "../money.ts";
import type { AutoTopUpFound, AutoTopUpSetting } from "./auto-top-up-store.ts";

export interface AutoTopUpState {
  /** `retrying`: the last charge was refused, and is tried again. `paused`: nothing is charged until somebody sets it anew. */
  state: "on" | "retrying" | "paused";
  /** Why not `on`. */
  reason: string | null;
  /** Not charged again before. */
  retryAt: Date | null;
}

export function describeAutoTopUp(
  { pausedAt, pauseReason, refusals, retryAt }: AutoTopUp,
  lastFailure: AutoTopUpCharge["failure"],
): AutoTopUpState {
  if (pausedAt !== null) return { state: "paused", reason: pauseReason, retryAt: null };
  return refusals === 0
    ? { state: "on", reason: null, retryAt: null }
    : { state: "retrying", reason: lastFailure, retryAt };
}

/** Amounts are decimal strings of USD. */
export interface AutoTopUpRule {
  below: string;
  amount: string;
  dayMax: string;
}

/** As programs are told of it. */
export interface AutoTopUpSummary extends Pick<AutoTopUpState, "reason"> {
  /** Null: the account is not topped up by itself. */
  setting: AutoTopUpRule | null;
  state: AutoTopUpState["state"] | "off";
  /** ISO 8601; null: whenever it is needed. */
  retryAt: string | null;
  /** There is something to charge. */
  methodSaved: boolean;
}

export function summarizeAutoTopUp({ setting, method, lastCharge }: AutoTopUpFound): AutoTopUpSummary {
  const methodSaved = method !== undefined;
  if (setting === undefined) return { setting: null, state: "off", reason: null, retryAt: null, methodSaved };
  const { state, reason, retryAt } = describeAutoTopUp(setting, lastCharge?.failure ?? null);
  return {
    setting: formatAutoTopUpSetting(setting),
    state,
    reason,
    retryAt: retryAt?.toISOString() ?? null,
    methodSaved,
  };
}

export function formatAutoTopUpSetting({ thresholdNano, amountNano, dayMaxNano }: AutoTopUpSetting): AutoTopUpRule {
  return { below: formatUsd(thresholdNano), amount: formatUsd(amountNano), dayMax: formatUsd(dayMaxNano) };
}
