/** Tells of keys that will soon expire: a week ahead, and again a day ahead. Keys that were replaced on purpose are left out. */
import { account, apiKey, type Db } from "@tera/database";
import { and, asc, eq, gt, isNull, lte, sql } from "drizzle-orm";
import type { NoticeStore } from "../notices/notice-store.ts";
import type { Run } from "../run.ts";

const daysAhead = [7, 1];
/** In one run; the next takes the rest. */
const keysMax = 10_000;

export function createExpiryNotices({ db, noticeStore }: { db: Db; noticeStore: NoticeStore }): Run {
  return {
    name: "expiry-notices",
    schedule: { everyMs: 3_600_000 },
    attemptsMax: 3,
    async work() {
      let told = 0;
      for (const days of daysAhead) {
        const keys = await db
          .select({
            keyId: apiKey.id,
            name: apiKey.name,
            accountId: apiKey.accountId,
            accountName: account.name,
            expiresAt: apiKey.expiresAt,
          })
          .from(apiKey)
          .innerJoin(account, eq(account.id, apiKey.accountId))
          .where(
            and(
              gt(apiKey.expiresAt, sql`clock_timestamp()`),
              lte(apiKey.expiresAt, sql`clock_timestamp() + ${days} * interval '1 day'`),
              // One that was made for a day only is expected to end.
              sql`${apiKey.expiresAt} > ${apiKey.createdAt} + ${days} * interval '1 day'`,
              isNull(apiKey.revokedAt),
              isNull(apiKey.successorId),
              isNull(account.disabledAt),
            ),
          )
          .orderBy(asc(apiKey.expiresAt))
          .limit(keysMax);
        told += await noticeStore.add(
          keys.map((key) => ({
            type: "key.expiring",
            reference: `${key.keyId}:${key.expiresAt?.toISOString()}:${days}`,
            payload: { ...key, expiresAt: key.expiresAt?.toISOString(), daysAhead: days },
          })),
        );
      }
      return { told };
    },
  };
}
