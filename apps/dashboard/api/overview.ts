/** The overview beside the live figures: what needs somebody, what is still to be set up, and what one's own accounts used. */

import { amountSchema, momentSchema } from "@tera/admin-api/page";
import { z } from "zod";

const count = z.number().int().nonnegative();

/** `GET /admin/api/overview/attention`: what live figures do not say. */
export const attentionSchema = z.object({
  /** Models that are served and have no price in force. */
  unpricedModels: z.array(z.string()),
  /** Prepaid accounts with keys that have no credit, or less than was set for them: the lowest balances, and how many there are. */
  lowBalances: z.object({
    items: z.array(z.object({ accountId: z.string(), name: z.string(), balance: amountSchema })),
    total: count,
  }),
  /** The last check of the ledger; null: there was none yet. */
  ledger: z.object({ checkedAt: momentSchema, findings: count }).nullable(),
  /** Background work that did not succeed when it was last tried. */
  failedRuns: z.array(z.object({ name: z.string(), startedAt: momentSchema, failure: z.string() })),
  /** What there is already, of what it takes until the first request is paid for. */
  setUp: z.object({ account: z.boolean(), key: z.boolean(), price: z.boolean(), request: z.boolean() }),
});
export type Attention = z.infer<typeof attentionSchema>;

/** `GET /admin/api/overview/usage`: of the accounts that one sees. */
export const overviewUsageQuery = z.object({
  /** Only of this one. */
  accountId: z.string().max(100).optional(),
});

const usedSchema = z.object({ requests: count, charged: amountSchema });

export const overviewHourSchema = z.object({
  beginsAt: momentSchema,
  requests: count,
  /** Of the requests. */
  failedRequests: count,
  promptTokens: count,
  completionTokens: count,
  charged: amountSchema,
});
export type OverviewHour = z.infer<typeof overviewHourSchema>;

export const overviewUsageSchema = z.object({
  /** Since midnight UTC, and since the first of the month. */
  today: usedSchema,
  month: usedSchema,
  /** The last 24, the one that has begun last of all. */
  hours: z.array(overviewHourSchema),
});
export type OverviewUsage = z.infer<typeof overviewUsageSchema>;
