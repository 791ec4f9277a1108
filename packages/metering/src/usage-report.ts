/** What was used and what it cost, for people: sums out of the roll-ups, and the last requests. */
import { type Db, type UsageEvent, usageDay, usageEvent, usageHour } from "@tera/database";
import { and, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { matchEvents, type RequestFilter, type UsageFilter } from "./usage-filter.ts";

export const usageGroups = ["day", "hour", "model", "key", "account"] as const;
export type UsageGroup = (typeof usageGroups)[number];

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

/** Where a page of requests ended. Those of one millisecond are in the order of their ids. */
export type RequestPosition = Pick<UsageEvent, "admittedAt" | "requestId">;

export interface UsageReports {
  /** The latest day or hour first, else the highest cost first. Roll-ups are by the hour: an hour counts when it begins in the period. */
  summarize(filter: UsageFilter, by: UsageGroup, limit: number): Promise<UsageSum[]>;
  /** One sum over everything; its group is empty. */
  total(filter: UsageFilter): Promise<UsageSum>;
  /** The latest first. @param after the last one of the page before; absent: the first page. */
  lastRequests(filter: RequestFilter, limit: number, after?: RequestPosition): Promise<ReportedUsage[]>;
  /** By its id alone: a look into every month. */
  findRequest(requestId: string): Promise<ReportedUsage | undefined>;
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

/** What is grouped by, and how a group is called: words are made of a group, not of each of the rows that it sums up. */
const groups: Record<UsageGroup, { by: SQL; words: (by: SQL) => SQL }> = {
  day: {
    by: sql`date_trunc('day', hour at time zone 'UTC')`,
    words: (day) => sql`to_char(${day}, 'YYYY-MM-DD')`,
  },
  hour: {
    by: sql`hour at time zone 'UTC'`,
    words: (hour) => sql`to_char(${hour}, 'YYYY-MM-DD"T"HH24:MI"Z"')`,
  },
  model: { by: sql`model`, words: (model) => model },
  key: { by: sql`key_id`, words: (key) => key },
  account: { by: sql`account_id`, words: (account) => account },
};

const sums = sql`
  coalesce(sum(requests), 0)::text as requests, coalesce(sum(failed_requests), 0)::text as "failedRequests",
  coalesce(sum(prompt_tokens), 0)::text as "promptTokens", coalesce(sum(cached_tokens), 0)::text as "cachedTokens",
  coalesce(sum(completion_tokens), 0)::text as "completionTokens", coalesce(sum(reasoning_tokens), 0)::text as "reasoningTokens",
  coalesce(sum(speech_characters), 0)::text as "speechCharacters",
  coalesce(sum(charge_nano), 0)::text as "chargeNano", coalesce(sum(correction_nano), 0)::text as "correctionNano"`;

const dayMs = 86_400_000;

/** The roll-ups of a filter: days where whole days are asked for, hours at both ends of the period, and where hours are wanted. */
function rollUps({ accountId, keyId, model, from, to }: UsageFilter, by: UsageGroup | undefined): SQL {
  const part = (of: typeof usageDay | typeof usageHour, since: Date | undefined, until: Date | undefined) => {
    const begin = of === usageDay ? usageDay.day : usageHour.hour;
    const wanted = and(
      accountId === undefined ? undefined : eq(of.accountId, accountId),
      keyId === undefined ? undefined : eq(of.keyId, keyId),
      model === undefined ? undefined : eq(of.model, model),
      since === undefined ? undefined : gte(begin, since),
      until === undefined ? undefined : lt(begin, until),
    );
    return sql`select ${begin} as hour, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano
      from ${of} where ${wanted ?? sql`true`}`;
  };
  if (by === "hour") return part(usageHour, from, to);
  const firstDay = from === undefined ? undefined : new Date(Math.ceil(from.getTime() / dayMs) * dayMs);
  const lastDay = to === undefined ? undefined : new Date(Math.floor(to.getTime() / dayMs) * dayMs);
  // Within one day, or across one midnight: no whole day.
  if (firstDay !== undefined && lastDay !== undefined && firstDay >= lastDay) return part(usageHour, from, to);
  const parts = [part(usageDay, firstDay, lastDay)];
  if (from !== undefined && from.getTime() !== firstDay?.getTime()) parts.push(part(usageHour, from, firstDay));
  if (to !== undefined && to.getTime() !== lastDay?.getTime()) parts.push(part(usageHour, lastDay, to));
  return sql.join(parts, sql` union all `);
}

/** Of the event's row: an index look-up each. Named in full, because drizzle leaves the table's name out. */
const correction =
  sql`(select coalesce(sum(c.amount_nano), 0)::text from usage_correction c where c.request_id = "usage_event"."request_id")`.mapWith(
    BigInt,
  );

function isOlder({ admittedAt, requestId }: RequestPosition): SQL {
  return sql`(${usageEvent.admittedAt}, ${usageEvent.requestId}) < (${admittedAt.toISOString()}::timestamptz, ${requestId})`;
}

export function createUsageReports({ db }: { db: Db }): UsageReports {
  const events = () => db.select({ event: usageEvent, correctionNano: correction }).from(usageEvent);

  return {
    async summarize(filter, by, limit) {
      const group = groups[by];
      const order =
        by === "day" || by === "hour"
          ? sql`1 desc`
          : sql`sum(charge_nano + correction_nano) desc, sum(requests) desc, 1`;
      const { rows } = await db.execute(
        sql`select ${group.words(group.by)} as "group", ${sums} from (${rollUps(filter, by)}) used group by ${group.by} order by ${order} limit ${limit}`,
      );
      return z.array(sumSchema).parse(rows);
    },
    async total(filter) {
      const { rows } = await db.execute(sql`select '' as "group", ${sums} from (${rollUps(filter, undefined)}) used`);
      return sumSchema.parse(rows[0]);
    },
    async lastRequests(filter, limit, after) {
      const rows = await events()
        .where(and(matchEvents(filter), after === undefined ? undefined : isOlder(after)))
        .orderBy(desc(usageEvent.admittedAt), desc(usageEvent.requestId))
        .limit(limit);
      return rows.map(({ event, correctionNano }) => ({ ...event, correctionNano }));
    },
    async findRequest(requestId) {
      const [found] = await events().where(eq(usageEvent.requestId, requestId)).limit(1);
      return found === undefined ? undefined : { ...found.event, correctionNano: found.correctionNano };
    },
  };
}
