/** What was charged to an account's keys on this day, in this month (UTC) and in all, out of the daily roll-ups. */
import { type Db, usageDay } from "@tera/database";
import { eq, sql } from "drizzle-orm";

export interface Spend {
  /** Nano-USD. */
  dayNano: bigint;
  monthNano: bigint;
  totalNano: bigint;
  monthRequests: number;
}

export interface SpendStore {
  /** By key id; keys that were never used are not in it. By the clock of Postgres. */
  byKey(accountId: string): Promise<Map<string, Spend>>;
}

export const noSpend: Spend = { dayNano: 0n, monthNano: 0n, totalNano: 0n, monthRequests: 0 };

export function createSpendStore({ db }: { db: Db }): SpendStore {
  const { day, chargeNano, correctionNano, requests, keyId, accountId } = usageDay;
  const spent = sql`${chargeNano} + ${correctionNano}`;
  const today = sql`${day} >= date_trunc('day', now(), 'UTC')`;
  const thisMonth = sql`${day} >= date_trunc('month', now(), 'UTC')`;
  return {
    async byKey(account) {
      const rows = await db
        .select({
          keyId,
          dayNano: sql`coalesce(sum(${spent}) filter (where ${today}), 0)`.mapWith(BigInt),
          monthNano: sql`coalesce(sum(${spent}) filter (where ${thisMonth}), 0)`.mapWith(BigInt),
          totalNano: sql`coalesce(sum(${spent}), 0)`.mapWith(BigInt),
          monthRequests: sql`coalesce(sum(${requests}) filter (where ${thisMonth}), 0)`.mapWith(Number),
        })
        .from(usageDay)
        .where(eq(accountId, account))
        .groupBy(keyId);
      return new Map(rows.map(({ keyId: id, ...spend }) => [id, spend]));
    },
  };
}

export function sumSpend(spends: Iterable<Spend>): Spend {
  const sum = { ...noSpend };
  for (const { dayNano, monthNano, totalNano, monthRequests } of spends) {
    sum.dayNano += dayNano;
    sum.monthNano += monthNano;
    sum.totalNano += totalNano;
    sum.monthRequests += monthRequests;
  }
  return sum;
}
