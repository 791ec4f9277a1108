/** Automatic top-ups of an account, for people and for `--json`. */
import type { AutoTopUpFound } from "@tera/metering";
import { formatMoment } from "../moment.ts";

export interface TopUpsJson {
  state: "off" | "on" | "retrying" | "paused";
  /** Why it is retrying or paused. */
  reason: string | null;
  /** ISO 8601; null: whenever it is needed. */
  retryAt: string | null;
}

export interface TopUps extends TopUpsJson {
  /** Decimal strings of USD; undefined: it is not topped up by itself. */
  setting: { below: string; amount: string; dayMax: string } | undefined;
}

type Describe = Pick<typeof import("@tera/metering"), "describeAutoTopUp" | "formatUsd">;

export function describeTopUps(
  { setting, lastCharge }: AutoTopUpFound,
  { describeAutoTopUp, formatUsd }: Describe,
): TopUps {
  if (setting === undefined) return { setting, state: "off", reason: null, retryAt: null };
  const { state, reason, retryAt } = describeAutoTopUp(setting, lastCharge?.failure ?? null);
  return {
    setting: {
      below: formatUsd(setting.thresholdNano),
      amount: formatUsd(setting.amountNano),
      dayMax: formatUsd(setting.dayMaxNano),
    },
    state,
    reason,
    retryAt: retryAt?.toISOString() ?? null,
  };
}

/** Undefined: there is none. */
export function topUpTrouble({ state, reason, retryAt }: TopUpsJson): string | undefined {
  if (state === "paused") return `It is paused, until it is set anew: ${reason}`;
  if (state !== "retrying") return undefined;
  const when = retryAt === null ? "when it is needed" : `after ${formatMoment(new Date(retryAt))}`;
  return `The last charge was refused, and is tried again ${when}: ${reason}`;
}

/** As a field of the account; none where it is not topped up by itself. */
export function describeTopUpField({ setting, ...topUps }: TopUps): [string, string][] {
  if (setting === undefined) return [];
  const rule = `below $${setting.below}, $${setting.amount} is charged, at most $${setting.dayMax} a day.`;
  const trouble = topUpTrouble(topUps);
  return [["Top-up", trouble === undefined ? rule : `${rule} ${trouble}`]];
}
