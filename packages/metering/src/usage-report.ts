/** What was used and what it cost, for people: sums out of the roll-ups, and the last requests. */
import { type Db, type UsageEvent, usageEvent } from "@tera/database";
import { and, desc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { isOlder, type RequestPosition } from "./request-position.ts";
import { matchEvents, type RequestFilter, type UsageFilter } from "./usage-filter.ts";
import { groups, rollUps, sumSchema, sums, type UsageGroup, type UsageSum } from "./usage-roll-ups.ts";

/** An event, and what re-rating has changed of its charge. */
export type ReportedUsage = UsageEvent & { correctionNano: bigint };

export interface UsageReports {
  /**
   * The latest day or hour first, else the highest cost first. Roll-ups are by the hour: an hour counts when it begins in the period.
   */
  summarize(filter: UsageFilter, by: UsageGroup, limit: number): Promise<UsageSum[]>;
  /** One sum over everything; its group is empty. */
  total(filter: UsageFilter): Promise<UsageSum>;
  /** The latest first. @param after the last one of the page before; absent: the first page. */
  lastRequests(filter: RequestFilter, limit: number, after?: RequestPosition): Promise<ReportedUsage[]>;
  /** By its id alone: a look into every month. */
  findRequest(requestId: string): Promise<ReportedUsage | undefined>;
}

/** Of the event's row: an index look-up each. Named in full, because drizzle leaves the table's name out. */
const correction =
  sql`(select coalesce(sum(c.amount_nano), 0)::text from usage_correction c where c.request_id = "usage_event"."request_id")`.mapWith(
    BigInt,
  );

const dearest = sql`sum(charge_nano + correction_nano) desc, sum(requests) desc`;

export function createUsageReports({ db }: { db: Db }): UsageReports {
  const events = () => db.select({ event: usageEvent, correctionNano: correction }).from(usageEvent);

  /** All keys have to be looked at; what is added up of few of them is little then. */
  async function dearestKeys(filter: UsageFilter, limit: number): Promise<string[]> {
    const { rows } = await db.execute(
      sql`select key_id from (${rollUps(filter, "key")}) used group by 1 order by ${dearest}, 1 limit ${limit}`,
    );
    return z
      .array(z.object({ key_id: z.string() }))
      .parse(rows)
      .map(({ key_id: keyId }) => keyId);
  }

  return {
    async summarize(filter, by, limit) {
      const group = groups[by];
      const order = by === "day" || by === "hour" ? sql`1 desc` : sql`${dearest}, 1`;
      const wanted =
        by === "key" ? sql`where key_id = any (${sql.param(await dearestKeys(filter, limit))}::text[])` : sql``;
      const { rows } = await db.execute(
        sql`select ${group.words(group.by)} as "group", ${sums} from (${rollUps(filter, by)}) used ${wanted} group by ${group.by} order by ${order} limit ${limit}`,
      );
      return z.array(sumSchema).parse(rows);
    },
    async total(filter) {
      const { rows } = await db.execute(sql`select '' as "group", ${sums} from (${rollUps(filter)}) used`);
      return sumSchema.parse(rows[0]);
    },
    async lastRequests(filter, limit, after) {
      const rows = await events()
        .where(
          and(
            matchEvents(filter),
            after === undefined ? undefined : isOlder(usageEvent.admittedAt, usageEvent.requestId, after),
          ),
        )
        .orderBy(desc(usageEvent.admittedAt), desc(sql`${usageEvent.requestId} collate "C"`))
        .limit(limit);
      return rows.map(({ event, correctionNano }) => ({ ...event, correctionNano }));
    },
    async findRequest(requestId) {
      const [found] = await events().where(eq(usageEvent.requestId, requestId)).limit(1);
      return found === undefined ? undefined : { ...found.event, correctionNano: found.correctionNano };
    },
  };
}
