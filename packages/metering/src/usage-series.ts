/** Usage over time and by a dimension at once, as a stacked chart shows it: the largest groups by name, the others together. */
import type { Db } from "@tera/database";
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { UsageFilter } from "./usage-filter.ts";
import { groups, rollUps, summed, sumSchema, sums, type UsageSum } from "./usage-roll-ups.ts";

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
  // Added up before it is used twice: hours of a month are many rows, and few points.
  const points = sql`select ${moment.by} as moment, ${column} as named, ${added} from (${rollUps(filter, interval, dimension)}) used where ${isNamed} group by 1, 2`;
  // What is left of everybody: the largest groups are few rows, and all others are never looked at.
  const { rows } = await db.execute(sql`
    with named as materialized (${points})
    select ${moment.words(sql`moment`)} as at, "group", ${sums} from (
      select moment, named as "group", ${columns("")} from named
      union all select moment, '', ${columns("-")} from named
      union all select ${moment.by}, '', ${columns("")} from (${rollUps(filter, interval)}) everything
    ) grouped
    group by moment, "group" having sum(requests) <> 0 or sum(charge_nano + correction_nano) <> 0 order by moment, "group"`);
  return z.array(pointSchema).parse(rows);
}

const added = sql.raw(summed.map((name) => `sum(${name}) as ${name}`).join(", "));

function columns(sign: "" | "-"): SQL {
  return sql.raw(summed.map((name) => `${sign}${name}${sign === "" ? "" : ` as ${name}`}`).join(", "));
}
