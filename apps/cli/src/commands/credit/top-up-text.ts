/** Automatic top-ups of an account, for people. */
import type { AutoTopUpSummary } from "@tera/metering";
import { formatMoment } from "../moment.ts";

/** Undefined: there is none. */
export function topUpTrouble({
  state,
  reason,
  retryAt,
}: Pick<AutoTopUpSummary, "state" | "reason" | "retryAt">): string | undefined {
  if (state === "paused") return `It is paused, until it is set anew: ${reason}`;
  if (state !== "retrying") return undefined;
  const when = retryAt === null ? "when it is needed" : `after ${formatMoment(new Date(retryAt))}`;
  return `The last charge was refused, and is tried again ${when}: ${reason}`;
}

/** As a field of the account; none where it is not topped up by itself. */
export function describeTopUpField({ setting, ...topUps }: AutoTopUpSummary): [string, string][] {
  if (setting === null) return [];
  const rule = `below $${setting.below}, $${setting.amount} is charged, at most $${setting.dayMax} a day.`;
  const trouble = topUpTrouble(topUps);
  return [["Top-up", trouble === undefined ? rule : `${rule} ${trouble}`]];
}
