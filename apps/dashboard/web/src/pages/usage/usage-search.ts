/** What the page Usage keeps in the URL. */

import {
  type UsageDimension,
  type UsageInterval,
  usageDimensionSchema,
  usageIntervalSchema,
} from "@tera/admin-api/usage";
import { z } from "zod";
import { daysOf, periodSearch, rangeOf } from "../../period/period.ts";

export const measures = ["cost", "tokens", "requests"] as const;
export type Measure = (typeof measures)[number];

const text = z.string().optional().catch(undefined);

export const usageSearch = z.object({
  ...periodSearch,
  interval: usageIntervalSchema.optional().catch(undefined),
  by: usageDimensionSchema.optional().catch(undefined),
  show: z.enum(measures).optional().catch(undefined),
  accountId: text,
  keyId: text,
  model: text,
});
export type UsageSearch = z.infer<typeof usageSearch>;

/** Longer periods are only told by the day: their hours are too many for a chart. */
const hourlyDaysMax = 31;

export interface UsageQuestion {
  from: string | undefined;
  to: string | undefined;
  interval: UsageInterval;
  by: UsageDimension;
  accountId: string | undefined;
  keyId: string | undefined;
  model: string | undefined;
}

/** What the server is asked. */
export function toQuestion(search: UsageSearch, nowMs: number): { query: UsageQuestion; mayHours: boolean } {
  const { accountId, keyId, model, by = "time" } = search;
  const period = search.period ?? "30d";
  const range = rangeOf({ ...search, period }, nowMs);
  // Without days of its own it is the server's standard, a month.
  const mayHours = range.from === undefined || daysOf(range, nowMs) <= hourlyDaysMax;
  const interval = mayHours ? (search.interval ?? (period === "24h" ? "hour" : "day")) : "day";
  return { query: { from: range.from, to: range.to, interval, by, accountId, keyId, model }, mayHours };
}
