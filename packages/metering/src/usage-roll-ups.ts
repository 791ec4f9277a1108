/** The roll-ups that sums of usage are asked of, `usage_hour`, `usage_day` and `usage_total`, as parts of a query. */
import { usageDay, usageHour, usageTotal } from "@tera/database";
import { and, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { UsageFilter } from "./usage-filter.ts";

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

export const sumSchema = z.object({
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
export const groups: Record<UsageGroup, { by: SQL; words: (by: SQL) => SQL }> = {
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

/** The sums of the roll-ups: what their columns are called, and what they are called here. */
const sumNames = {
  requests: "requests",
  failed_requests: "failedRequests",
  prompt_tokens: "promptTokens",
  cached_tokens: "cachedTokens",
  completion_tokens: "completionTokens",
  reasoning_tokens: "reasoningTokens",
  speech_characters: "speechCharacters",
  charge_nano: "chargeNano",
  correction_nano: "correctionNano",
} satisfies Record<string, Exclude<keyof UsageSum, "group">>;

/** Something of each sum, with commas between. */
export function eachSum(write: (column: string, name: string) => string): SQL {
  return sql.raw(
    Object.entries(sumNames)
      .map(([column, name]) => write(column, name))
      .join(", "),
  );
}

export const sums = eachSum((column, name) => `coalesce(sum(${column}), 0)::text as "${name}"`);
const columns = eachSum((column) => column);

const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** Of longer periods the days of few keys are fewer than the hours of everybody, and hours are not asked for. */
const totalDaysMax = 100;

/**
 * The roll-ups of a filter, as fine as they are grouped by: hours of everybody where neither accounts nor keys are told apart; else days where whole days are asked for, hours at both ends of the
 * period, and where hours are wanted.
 */
export function rollUps(filter: UsageFilter, ...by: UsageGroup[]): SQL {
  return isOfEverybody(filter, by) ? totals(filter) : daysAndHours(filter, by.includes("hour"));
}

function isOfEverybody({ accountId, among, keyId, from, to }: UsageFilter, by: readonly UsageGroup[]): boolean {
  if (accountId !== undefined || among !== undefined || keyId !== undefined) return false;
  if (by.includes("key") || by.includes("account")) return false;
  return from !== undefined && (to ?? new Date()).getTime() - from.getTime() <= totalDaysMax * dayMs;
}

function totals({ model, from, to }: UsageFilter): SQL {
  const wanted = and(
    model === undefined ? undefined : eq(usageTotal.model, model),
    from === undefined ? undefined : gte(usageTotal.hour, from),
    to === undefined ? undefined : lt(usageTotal.hour, to),
  );
  return sql`select hour, '' as account_id, '' as key_id, model, ${columns} from ${usageTotal} where ${wanted ?? sql`true`}`;
}

function daysAndHours(filter: UsageFilter, isByHour: boolean): SQL {
  const { accountId, among, keyId, model, from, to } = filter;
  const part = (of: typeof usageDay | typeof usageHour, since: Date | undefined, until: Date | undefined) => {
    const begin = of === usageDay ? usageDay.day : usageHour.hour;
    const wanted = and(
      accountId === undefined ? undefined : eq(of.accountId, accountId),
      among === undefined ? undefined : inArray(of.accountId, [...among]),
      keyId === undefined ? undefined : eq(of.keyId, keyId),
      model === undefined ? undefined : eq(of.model, model),
      since === undefined ? undefined : gte(begin, since),
      until === undefined ? undefined : lt(begin, until),
    );
    return sql`select ${begin} as hour, account_id, key_id, model, ${columns}
      from ${of} where ${wanted ?? sql`true`}`;
  };
  if (isByHour) return part(usageHour, from, to);
  const end = to === undefined ? undefined : endOf(to);
  const firstDay = from === undefined ? undefined : new Date(Math.ceil(from.getTime() / dayMs) * dayMs);
  const lastDay = end === undefined ? undefined : new Date(Math.floor(end.getTime() / dayMs) * dayMs);
  // Within one day, or across one midnight: no whole day.
  if (firstDay !== undefined && lastDay !== undefined && firstDay >= lastDay) return part(usageHour, from, end);
  const parts = [part(usageDay, firstDay, lastDay)];
  if (from !== undefined && from.getTime() !== firstDay?.getTime()) parts.push(part(usageHour, from, firstDay));
  if (end !== undefined && end.getTime() !== lastDay?.getTime()) parts.push(part(usageHour, lastDay, end));
  return sql.join(parts, sql` union all `);
}

/** Of a period that ends now all of today is wanted: nothing of it comes later, and its day is fewer rows than its hours. */
function endOf(to: Date): Date {
  const nowMs = Date.now();
  const endsNow = to.getTime() > Math.floor(nowMs / hourMs) * hourMs && to.getTime() <= nowMs + hourMs;
  return endsNow ? new Date(Math.ceil(to.getTime() / dayMs) * dayMs) : to;
}
