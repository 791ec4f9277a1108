/** Refused requests in Postgres: written in batches, listed, found, counted, dropped by the day. What has expired is gone to every reader, whether its day was dropped yet or not. */
import { type Db, type RefusalCount, type RefusedRequest, refusalCount, refusedRequest } from "@tera/database";
import { and, desc, eq, gt, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import { type DroppedDay, dropExpiredDays } from "../expired-days.ts";
import { isOlder, type RequestPosition } from "../request-position.ts";
import type { RequestFilter } from "../usage-filter.ts";

export interface RefusalBatch {
  samples: readonly RefusedRequest[];
  counts: readonly RefusalCount[];
}

/** So many requests were refused for one reason. */
export interface RefusalSum {
  code: string;
  requests: number;
}

export interface RefusalStore {
  /** A request that has a row keeps it; counts are added up. */
  write(batch: RefusalBatch): Promise<void>;
  /** The latest first: the first few of each key, code and minute. @param after the last one of the page before */
  list(filter: RequestFilter, limit: number, after?: RequestPosition): Promise<RefusedRequest[]>;
  find(requestId: string): Promise<RefusedRequest | undefined>;
  /** All that were refused, the most frequent reason first. An hour counts when it begins in the period. Models are not counted apart: a filter's model is not looked at. */
  count(filter: RequestFilter): Promise<RefusalSum[]>;
}

const notExpired = (column: typeof refusedRequest.expiresAt | typeof refusalCount.expiresAt) =>
  gt(column, sql`clock_timestamp()`);

/** What both tables have. */
function matches(of: typeof refusedRequest | typeof refusalCount, filter: RequestFilter): SQL | undefined {
  const { accountId, among, keyId, errorCode, from, to } = filter;
  const moment = of === refusedRequest ? refusedRequest.refusedAt : refusalCount.hour;
  return and(
    notExpired(of.expiresAt),
    accountId === undefined ? undefined : eq(of.accountId, accountId),
    among === undefined ? undefined : inArray(of.accountId, [...among]),
    keyId === undefined ? undefined : eq(of.keyId, keyId),
    errorCode === undefined ? undefined : eq(of.code, errorCode),
    from === undefined ? undefined : gte(moment, from),
    to === undefined ? undefined : lt(moment, to),
  );
}

export function createRefusalStore({ db }: { db: Db }): RefusalStore {
  /** Tables and days that have their partition. */
  const ready = new Set<string>();

  async function ensureDays(table: "refused_request" | "refusal_count", moments: readonly Date[]): Promise<void> {
    for (const day of new Set(moments.map((moment) => moment.toISOString().slice(0, 10)))) {
      if (ready.has(`${table} ${day}`)) continue;
      await db.execute(sql`select ensure_expiry_day(${table}, ${day}::timestamp at time zone 'UTC')`);
      ready.add(`${table} ${day}`);
    }
  }

  return {
    async write({ samples, counts }) {
      // Those that are written twice stay as they are, so that a batch whose counts failed can be tried again.
      if (samples.length > 0) {
        await ensureDays(
          "refused_request",
          samples.map(({ expiresAt }) => expiresAt),
        );
        await db
          .insert(refusedRequest)
          .values([...samples])
          .onConflictDoNothing();
      }
      if (counts.length > 0) {
        await ensureDays(
          "refusal_count",
          counts.map(({ expiresAt }) => expiresAt),
        );
        await db
          .insert(refusalCount)
          // In one order, so that gateways which add to the same rows wait for each other and do not lock each other out.
          .values(counts.toSorted((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1)))
          .onConflictDoUpdate({
            target: [refusalCount.hour, refusalCount.keyId, refusalCount.code, refusalCount.expiresAt],
            set: { requests: sql`${refusalCount.requests} + excluded.requests` },
          });
      }
    },
    list(filter, limit, after) {
      const { refusedAt, requestId } = refusedRequest;
      return db
        .select()
        .from(refusedRequest)
        .where(
          and(
            matches(refusedRequest, filter),
            filter.model === undefined ? undefined : eq(refusedRequest.model, filter.model),
            after === undefined ? undefined : isOlder(refusedAt, requestId, after),
          ),
        )
        .orderBy(desc(refusedAt), desc(sql`${requestId} collate "C"`))
        .limit(limit);
    },
    async find(requestId) {
      const [found] = await db
        .select()
        .from(refusedRequest)
        .where(and(eq(refusedRequest.requestId, requestId), notExpired(refusedRequest.expiresAt)))
        .limit(1);
      return found;
    },
    async count(filter) {
      const requests = sql`sum(${refusalCount.requests})`.mapWith(Number);
      return db
        .select({ code: refusalCount.code, requests })
        .from(refusalCount)
        .where(matches(refusalCount, filter))
        .groupBy(refusalCount.code)
        .orderBy(desc(requests), refusalCount.code);
    },
  };
}

const orderOf = ({ hour, keyId, code }: RefusalCount) => `${hour.toISOString()} ${keyId} ${code}`;

/** Drops the days of refusals that are over. */
export async function dropExpiredRefusals(db: Db): Promise<DroppedDay[]> {
  return [...(await dropExpiredDays(db, "refused_request")), ...(await dropExpiredDays(db, "refusal_count"))];
}
