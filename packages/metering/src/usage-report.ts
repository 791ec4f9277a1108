/** What was used and what it cost, for people: sums out of the hourly roll-ups, and the last requests. */
import { type Db, type UsageEvent, usageEvent, usageHour } from "@tera/database";
import { and, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { z } from "zod";

export const usageGroups = ["day", "hour", "model", "key", "account"] as const;
export type UsageGroup = (typeof usageGroups)[number];

export interface UsageFilter {
  accountId?: string | undefined;
  keyId?: string | undefined;
  model?: string | undefined;
  /** Requests admitted from here on. */
  from?: Date | undefined;
  /** And before this. */
  to?: Date | undefined;
}

export interface UsageSum {
  /** Of the dimension: `2026-11-23`, `2026-11-23T12:00Z`, a model, a key's or an account's id. */
  group: string;
  requests: number;
  /** Of the requests. */
  failedRequests: number;
  promptTokens: number;
  /** Of the prompt tokens. */
  cachedTokens: number;
  completionTokens: number;
  /** Of the completion tokens. */
  reasoningTokens: number;
  speechCharacters: number;
  /** When they were settled. Nano-USD. */
  chargeNano: bigint;
  /** What re-rating has changed since. */
  correctionNano: bigint;
}

/** An event, and what re-rating has changed of its charge. */
export type ReportedUsage = UsageEvent & { correctionNano: bigint };

export interface UsageReports {
  /** The latest day or hour first, else the highest cost first. Roll-ups are by the hour: an hour counts when it begins in the period. */
  summarize(filter: UsageFilter, by: UsageGroup, limit: number): Promise<UsageSum[]>;
  /** One sum over everything; its group is empty. */
  total(filter: UsageFilter): Promise<UsageSum>;
  /** The latest first. */
  lastRequests(filter: UsageFilter, limit: number): Promise<ReportedUsage[]>;
}

const sumSchema = z.object({
  group: z.string(),
  requests: z.coerce.number(),
  failedRequests: z.coerce.number(),
  promptTokens: z.coerce.number(),
  cachedTokens: z.coerce.number(),
  completionTokens: z.coerce.number(),
  reasoningTokens: z.coerce.number(),
  speechCharacters: z.coerce.number(),
  chargeNano: z.coerce.bigint(),
  correctionNano: z.coerce.bigint(),
});

const groupColumns: Record<UsageGroup, SQL> = {
  day: sql`to_char(${usageHour.hour} at time zone 'UTC', 'YYYY-MM-DD')`,
  hour: sql`to_char(${usageHour.hour} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')`,
  model: sql`${usageHour.model}`,
  key: sql`${usageHour.keyId}`,
  account: sql`${usageHour.accountId}`,
};

const sums = sql`
  coalesce(sum(${usageHour.requests}), 0)::text as requests, coalesce(sum(${usageHour.failedRequests}), 0)::text as "failedRequests",
  coalesce(sum(${usageHour.promptTokens}), 0)::text as "promptTokens", coalesce(sum(${usageHour.cachedTokens}), 0)::text as "cachedTokens",
  coalesce(sum(${usageHour.completionTokens}), 0)::text as "completionTokens", coalesce(sum(${usageHour.reasoningTokens}), 0)::text as "reasoningTokens",
  coalesce(sum(${usageHour.speechCharacters}), 0)::text as "speechCharacters",
  coalesce(sum(${usageHour.chargeNano}), 0)::text as "chargeNano", coalesce(sum(${usageHour.correctionNano}), 0)::text as "correctionNano"`;

/** Of the event's row: an index look-up each. Named in full, because drizzle leaves the table's name out. */
const correction =
  sql`(select coalesce(sum(c.amount_nano), 0)::text from usage_correction c where c.request_id = "usage_event"."request_id")`.mapWith(
    BigInt,
  );

export function createUsageReports({ db }: { db: Db }): UsageReports {
  const hoursOf = ({ accountId, keyId, model, from, to }: UsageFilter) =>
    and(
      accountId === undefined ? undefined : eq(usageHour.accountId, accountId),
      keyId === undefined ? undefined : eq(usageHour.keyId, keyId),
      model === undefined ? undefined : eq(usageHour.model, model),
      from === undefined ? undefined : gte(usageHour.hour, from),
      to === undefined ? undefined : lt(usageHour.hour, to),
    ) ?? sql`true`;
  const eventsOf = ({ accountId, keyId, model, from, to }: UsageFilter) =>
    and(
      accountId === undefined ? undefined : eq(usageEvent.accountId, accountId),
      keyId === undefined ? undefined : eq(usageEvent.keyId, keyId),
      model === undefined ? undefined : eq(usageEvent.model, model),
      from === undefined ? undefined : gte(usageEvent.admittedAt, from),
      to === undefined ? undefined : lt(usageEvent.admittedAt, to),
    );

  return {
    async summarize(filter, by, limit) {
      const column = groupColumns[by];
      const order =
        by === "day" || by === "hour"
          ? sql`1 desc`
          : sql`sum(${usageHour.chargeNano} + ${usageHour.correctionNano}) desc, sum(${usageHour.requests}) desc, 1`;
      const { rows } = await db.execute(
        sql`select ${column} as "group", ${sums} from ${usageHour} where ${hoursOf(filter)} group by 1 order by ${order} limit ${limit}`,
      );
      return z.array(sumSchema).parse(rows);
    },
    async total(filter) {
      const { rows } = await db.execute(sql`select '' as "group", ${sums} from ${usageHour} where ${hoursOf(filter)}`);
      return sumSchema.parse(rows[0]);
    },
    async lastRequests(filter, limit) {
      const rows = await db
        .select({ event: usageEvent, correctionNano: correction })
        .from(usageEvent)
        .where(eventsOf(filter))
        .orderBy(desc(usageEvent.admittedAt))
        .limit(limit);
      return rows.map(({ event, correctionNano }) => ({ ...event, correctionNano }));
    },
  };
}
