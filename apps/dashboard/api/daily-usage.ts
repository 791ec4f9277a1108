/** What one key or one account used and spent, day by day. */

import { amountSchema } from "@tera/admin-api/page";
import { z } from "zod";

export const dailyUsageQuery = z.object({
  /** Today (UTC) is the last of them. */
  days: z.coerce.number().int().min(1).max(92).default(30),
});

const sums = {
  requests: z.number(),
  /** Of the requests. */
  failedRequests: z.number(),
  promptTokens: z.number(),
  /** Of the prompt tokens. */
  cachedTokens: z.number(),
  completionTokens: z.number(),
  speechCharacters: z.number(),
  /** What was charged, with later corrections. */
  cost: amountSchema,
};

export const dailyUsageSchema = z.object({
  /** Every day of the period, the oldest first. */
  days: z.array(z.object({ day: z.iso.date(), ...sums })),
  total: z.object(sums),
});
export type DailyUsage = z.infer<typeof dailyUsageSchema>;
export type UsageOfDay = DailyUsage["days"][number];
