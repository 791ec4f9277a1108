/** Usage over time and by a dimension at once, as a stacked chart shows it: the largest groups by name, the others together. */
import type { Db } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { UsageFilter } from "./usage-filter.ts";
import { eachSum, groups, rollUps, sumSchema, type UsageSum } from "./usage-roll-ups.ts";

export type UsageInterval = "day" | "hour";
export type UsageDimension = "model" | "key" | "account";

export interface UsagePoint extends UsageSum {
  /** Of the day or hour: `2026-11-23`, `2026-11-23T12:00Z`. */
  at: string;
}

const pointSchema = sumSchema.extend({ at: z.string() });

/**
 * @param named the groups that are told apart; what belongs to none of them is in the group "".
 * @returns the earliest day or hour first; where nothing was used there is no point.
 */
export async function readUsageSeries(
  db: Db,
  filter: UsageFilter,
  interval: UsageInterval,
  dimension: UsageDimension,
  named: readonly string[],
): Promise<UsagePoint[]> {
  const moment = groups[interval];
  const column = groups[dimension].by;
  const isNamed =
    named.length === 0
      ? sql`false`
      : sql`${column} in (${sql.join(
          named.map((name) => sql`${name}`),
          sql`, `,
        )})`;
  const points = sql`select ${moment.by} as moment, ${column} as "group", ${added} from (${rollUps(filter, interval, dimension)}) used where ${isNamed} group by 1, 2`;
  // What is left of everybody: the largest groups are few rows, and all others are never looked at.
  const { rows } = await db.execute(sql`
    with named as materialized (${points}),
    of_named as (select moment, ${added} from named group by 1),
    everything as (select ${moment.by} as moment, ${added} from (${rollUps(filter, interval)}) used group by 1),
    grouped as (select * from named union all select moment, '', ${left} from everything left join of_named using (moment))
    select ${moment.words(sql`moment`)} as at, "group", ${renamed} from grouped
    where requests <> 0 or charge_nano + correction_nano <> 0 order by moment, "group"`);
  return z.array(pointSchema).parse(rows);
}

/** Whole numbers: with the arbitrary precision that a sum has, all that is done with it takes several times as long. */
const added = eachSum((column) => `sum(${column})::bigint as ${column}`);
const left = eachSum((column) => `everything.${column} - coalesce(of_named.${column}, 0)`);
const renamed = eachSum((column, name) => `${column} as "${name}"`);
