/** What was used and what it cost: over time, and by model, key or account. */
import { z } from "zod";
import { amountSchema, momentSchema } from "./page.ts";

export const usageIntervals = ["day", "hour"] as const;
export const usageIntervalSchema = z.enum(usageIntervals);
export type UsageInterval = z.infer<typeof usageIntervalSchema>;

export const usageDimensions = ["time", "model", "key", "account"] as const;
export const usageDimensionSchema = z.enum(usageDimensions);
export type UsageDimension = z.infer<typeof usageDimensionSchema>;

/** `GET /usage/sums`: charges and corrections apart, and each group by its id alone. */
export const usageSumGroups = ["day", "hour", "model", "key", "account"] as const;
export const usageSumsQuery = z.object({
  /** Sums are kept by the hour: the one in which this is counts in full. 30 days before `to` when absent. */
  from: momentSchema.optional(),
  /** Not itself; now when absent. */
  to: momentSchema.optional(),
  by: z.enum(usageSumGroups).default("day"),
  accountId: z.string().max(100).optional(),
  keyId: z.string().max(100).optional(),
  model: z.string().max(512).optional(),
  /** The latest time first, else the highest cost first. */
  limit: z.coerce.number().int().min(1).max(1_000).default(1_000),
});

/** Longer ones are refused. */
export const periodMaxDays: Record<UsageInterval, number> = { day: 800, hour: 31 };

export const usageQuery = z.object({
  /** 30 days before `to` when absent. Sums are kept by the hour, days are UTC's: the period begins with the hour or day in which this is. */
  from: momentSchema.optional(),
  /** Not itself; now when absent. */
  to: momentSchema.optional(),
  interval: usageIntervalSchema.default("day"),
  by: usageDimensionSchema.default("time"),
  accountId: z.string().max(100).optional(),
  keyId: z.string().max(100).optional(),
  model: z.string().max(512).optional(),
});
export type UsageQuery = z.infer<typeof usageQuery>;

const count = z.number().int().nonnegative();
export const usageSumsSchema = z.object({
  requests: count,
  /** Of the requests. */
  failedRequests: count,
  promptTokens: count,
  /** Of the prompt tokens. */
  cachedTokens: count,
  completionTokens: count,
  /** Of the completion tokens. */
  reasoningTokens: count,
  speechCharacters: count,
  /** What was charged, with later corrections. */
  cost: amountSchema,
});
export type UsageSums = z.infer<typeof usageSumsSchema>;

const usageSumSchema = usageSumsSchema.extend({
  /** `2026-11-23`, `2026-11-23T12:00Z`, a model, a key's or an account's id. */
  group: z.string(),
  /** When they were settled, and what re-rating has changed since: together the cost. */
  charged: amountSchema,
  corrected: amountSchema,
});
export type UsageSum = z.infer<typeof usageSumSchema>;
export const usageSumListSchema = z.object({
  from: momentSchema,
  to: momentSchema,
  groups: z.array(usageSumSchema),
  /** Of all groups, listed or not; its own is empty. */
  total: usageSumSchema,
});

const usageGroupSchema = z.object({
  /** A moment, or the id of a model, a key or an account; empty: all others together. */
  id: z.string(),
  /** Of a key or an account; null: it is gone, or has none. */
  name: z.string().nullable(),
  /** Last characters of a key, and the name of the account that it is of. */
  lastFour: z.string().nullable(),
  accountName: z.string().nullable(),
});

export const usageRowSchema = usageGroupSchema.extend(usageSumsSchema.shape);
export type UsageRow = z.infer<typeof usageRowSchema>;

export const usageSeriesSchema = usageGroupSchema.extend({
  /** The earliest first; where nothing was used there is none. */
  points: z.array(usageSumsSchema.extend({ at: momentSchema })),
});
export type UsageSeries = z.infer<typeof usageSeriesSchema>;

export const usageSchema = z.object({
  from: momentSchema,
  to: momentSchema,
  interval: usageIntervalSchema,
  by: usageDimensionSchema,
  /** The latest time first, else the highest cost first. The last one is all others together where there are too many. */
  rows: z.array(usageRowSchema),
  /** What all rows add up to. */
  total: usageSumsSchema,
  /** The largest ones, and all others together. */
  series: z.array(usageSeriesSchema),
});
export type Usage = z.infer<typeof usageSchema>;
