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

type Describe = Pick<typeof import("@tera/metering"), "describeAutoTopUp" | "formatUsd">;

export function describeTopUps({ setting, lastCharge }: AutoTopUpFound, { describeAutoTopUp }: Describe): TopUpsJson {
  if (setting === undefined) return { state: "off", reason: null, retryAt: null };
  const { state, reason, retryAt } = describeAutoTopUp(setting, lastCharge?.failure ?? null);
  return { state, reason, retryAt: retryAt?.toISOString() ?? null };
}

/** Undefined: there is none. */
export function topUpTrouble({ state, reason, retryAt }: TopUpsJson): string | undefined {
  if (state === "paused") return `It is paused, until it is set anew: ${reason}`;
  if (state !== "retrying") return undefined;
  const when = retryAt === null ? "when it is needed" : `after ${formatMoment(new Date(retryAt))}`;
  return `The last charge was refused, and is tried again ${when}: ${reason}`;
}

/** As a field of the account; none where it is not topped up by itself. */
export function describeTopUpField(found: AutoTopUpFound, metering: Describe): [string, string][] {
  const { setting } = found;
  if (setting === undefined) return [];
  const { formatUsd } = metering;
  const rule = `below $${formatUsd(setting.thresholdNano)}, $${formatUsd(setting.amountNano)} is charged, at most $${formatUsd(setting.dayMaxNano)} a day.`;
  const trouble = topUpTrouble(describeTopUps(found, metering));
  return [["Top-up", trouble === undefined ? rule : `${rule} ${trouble}`]];
}
