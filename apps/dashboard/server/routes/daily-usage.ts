/** `/admin/api/keys/{id}/usage` and `/admin/api/accounts/{id}/usage`: day by day, out of the roll-ups; and `/accounts/{id}/spend`: what its keys spent. */
import { createAccountStore } from "@tera/access";
import { keySpendListSchema } from "@tera/admin-api/spend";
import type { Db } from "@tera/database";
import { createSpendStore, createUsageReports, formatUsd, type UsageFilter, type UsageSum } from "@tera/metering";
import { z } from "zod";
import { type DailyUsage, dailyUsageQuery, dailyUsageSchema } from "../../api/daily-usage.ts";
import { mustSee } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { notFound } from "../errors.ts";
import { readKey } from "../keys/render-key.ts";
import { keyParams } from "./keys.ts";

const dayMs = 86_400_000;

export function registerDailyUsageRoutes(app: AdminApp, { db }: { db: Db }): void {
  app.get(
    "/keys/:keyId/usage",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "What a key used and spent, day by day",
        params: keyParams,
        querystring: dailyUsageQuery,
        response: { 200: dailyUsageSchema },
      },
    },
    async ({ params: { keyId }, query, actor }) => {
      const { accountId } = await readKey(db, actor, keyId);
      return readDailyUsage(db, { accountId, keyId }, query.days);
    },
  );

  app.get(
    "/accounts/:accountId/usage",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "What an account used and spent, day by day",
        params: z.object({ accountId: z.string().max(100) }),
        querystring: dailyUsageQuery,
        response: { 200: dailyUsageSchema },
      },
    },
    async ({ params: { accountId }, query, actor }) => {
      mustSee(actor, accountId);
      if ((await createAccountStore({ db }).findAccount(accountId)) === undefined) throw notFound("account");
      return readDailyUsage(db, { accountId }, query.days);
    },
  );

  app.get(
    "/accounts/:accountId/spend",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "What was charged to each key of an account: today, this month, in all",
        params: z.object({ accountId: z.string().max(100) }),
        response: { 200: keySpendListSchema },
      },
    },
    async ({ params: { accountId }, actor }) => {
      mustSee(actor, accountId);
      if ((await createAccountStore({ db }).findAccount(accountId)) === undefined) throw notFound("account");
      const spendByKey = await createSpendStore({ db }).byKey(accountId);
      return {
        items: Array.from(spendByKey, ([keyId, { dayNano, monthNano, totalNano, monthRequests }]) => ({
          keyId,
          day: formatUsd(dayNano),
          month: formatUsd(monthNano),
          total: formatUsd(totalNano),
          monthRequests,
        })),
      };
    },
  );
}

async function readDailyUsage(db: Db, of: UsageFilter, days: number): Promise<DailyUsage> {
  const today = Math.floor(Date.now() / dayMs) * dayMs;
  const from = new Date(today - (days - 1) * dayMs);
  const reports = createUsageReports({ db });
  // One more: midnight may pass between the clocks.
  const sums = await reports.summarize({ ...of, from }, "day", days + 1);
  const byDay = new Map(sums.map((sum) => [sum.group, sum]));
  const period = Array.from({ length: days }, (_, index) =>
    new Date(from.getTime() + index * dayMs).toISOString().slice(0, 10),
  );
  return {
    days: period.map((day) => ({ day, ...toSums(byDay.get(day) ?? nothingUsed) })),
    total: toSums(addUp(period.flatMap((day) => byDay.get(day) ?? []))),
  };
}

type Sums = Omit<UsageSum, "group" | "reasoningTokens">;

const nothingUsed: Sums = {
  requests: 0,
  failedRequests: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  speechCharacters: 0,
  chargeNano: 0n,
  correctionNano: 0n,
};

function addUp(sums: readonly Sums[]): Sums {
  const total = { ...nothingUsed };
  for (const sum of sums) {
    total.requests += sum.requests;
    total.failedRequests += sum.failedRequests;
    total.promptTokens += sum.promptTokens;
    total.cachedTokens += sum.cachedTokens;
    total.completionTokens += sum.completionTokens;
    total.speechCharacters += sum.speechCharacters;
    total.chargeNano += sum.chargeNano;
    total.correctionNano += sum.correctionNano;
  }
  return total;
}

function toSums({ chargeNano, correctionNano, ...counts }: Sums): DailyUsage["total"] {
  return { ...counts, cost: formatUsd(chargeNano + correctionNano) };
}
