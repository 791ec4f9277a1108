/** Periods that reports are about: how they are called in the URL, and from when to when they go. Days are UTC's, as sums and bills have them. */
import { z } from "zod";

export const periods = ["24h", "7d", "30d", "month", "custom"] as const;
export type Period = (typeof periods)[number];

const day = z.iso.date().optional().catch(undefined);

/** What a page with a period keeps in the URL. */
export const periodSearch = {
  period: z.enum(periods).optional().catch(undefined),
  /** First and last day of a period of one's own. */
  from: day,
  to: day,
};

export interface ChosenPeriod {
  period?: Period | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** ISO moments; an absent `to` is now. */
export interface Range {
  from?: string;
  to?: string;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Hours and days begin where sums of them begin, so that the same period is the same question for a while. An unfinished period of one's own has no bounds. */
export function rangeOf({ period, from, to }: ChosenPeriod, nowMs: number): Range {
  const today = Math.floor(nowMs / dayMs) * dayMs;
  const since = (ms: number) => ({ from: new Date(ms).toISOString() });
  switch (period) {
    case "24h":
      return since(Math.floor(nowMs / hourMs) * hourMs - 23 * hourMs);
    case "7d":
      return since(today - 6 * dayMs);
    case "30d":
      return since(today - 29 * dayMs);
    case "month":
      return since(Date.parse(`${new Date(nowMs).toISOString().slice(0, 7)}-01`));
    case "custom":
      return {
        ...(from === undefined ? {} : since(Date.parse(from))),
        ...(to === undefined ? {} : { to: new Date(Date.parse(to) + dayMs).toISOString() }),
      };
    case undefined:
      return {};
  }
}

/** How many days a period has, the unfinished one too. */
export function daysOf({ from, to }: Range, nowMs: number): number {
  if (from === undefined) return Number.POSITIVE_INFINITY;
  return Math.ceil(((to === undefined ? nowMs : Date.parse(to)) - Date.parse(from)) / dayMs);
}
