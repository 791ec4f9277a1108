/** The period and the filter that a report of usage is about, out of its query. */

import { periodMaxDays, type UsageInterval, type UsageQuery } from "@tera/admin-api/usage";
import type { UsageFilter } from "@tera/metering";
import { type Actor, accountsInView } from "../access/actor.ts";
import { AdminError } from "../errors.ts";

const dayMs = 86_400_000;
const intervalMs: Record<UsageInterval, number> = { day: dayMs, hour: 3_600_000 };
const standardDays = 30;

export interface UsagePeriod {
  /** The beginning of an hour or a day. */
  from: Date;
  to: Date;
}

/** @throws {AdminError} that names what is wrong with it */
export function readPeriod({ from, to, interval }: Pick<UsageQuery, "from" | "to" | "interval">): UsagePeriod {
  const step = intervalMs[interval];
  const end = to === undefined ? new Date() : new Date(to);
  const start = from === undefined ? end.getTime() - standardDays * dayMs : new Date(from).getTime();
  const begin = new Date(Math.floor(start / step) * step);
  requirePeriod(begin, end, interval);
  return { from: begin, to: end };
}

/** Whole hours, of as many days as a report by the day may have. @throws {AdminError} as `readPeriod` */
export function readHours({ from, to }: Pick<UsageQuery, "from" | "to">): UsagePeriod {
  const end = to === undefined ? new Date() : new Date(to);
  const start = from === undefined ? end.getTime() - standardDays * dayMs : new Date(from).getTime();
  const begin = new Date(Math.floor(start / intervalMs.hour) * intervalMs.hour);
  requirePeriod(begin, end, "day");
  return { from: begin, to: end };
}

/** @throws {AdminError} that names what is wrong with it */
function requirePeriod(begin: Date, end: Date, interval: UsageInterval): void {
  if (begin >= end) throw refuseField("from", "must lie before the end");
  const daysMax = periodMaxDays[interval];
  if (end.getTime() - begin.getTime() > daysMax * dayMs + intervalMs[interval]) {
    throw refuseField("from", `must lie at most ${daysMax} days before the end, by the ${interval}`);
  }
}

/** The hours or days that a period is made of. The last one may reach beyond its end. */
export function* stepsOf({ from, to }: UsagePeriod, interval: UsageInterval): Generator<UsagePeriod> {
  const step = intervalMs[interval];
  for (let at = from.getTime(); at < to.getTime(); at += step) {
    yield { from: new Date(at), to: new Date(Math.min(at + step, to.getTime())) };
  }
}

/** @throws {AdminError} `not_found`: an account that the actor does not see */
export function readFilter(actor: Actor, { accountId, keyId, model }: UsageQuery, period: UsagePeriod): UsageFilter {
  const among = accountsInView(actor, accountId) ?? undefined;
  return { accountId, among, keyId, model, ...period };
}

function refuseField(path: string, message: string): AdminError {
  return new AdminError("invalid_request", `${path}: ${message}`, { fields: [{ path, message }] });
}
