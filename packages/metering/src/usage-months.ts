/**
 * The months of usage events: each a partition, made ahead of its time, and dropped as a whole when its retention is over. Roll-ups, ledger and invoices stay.
 *
 * A month goes only when all of it is rolled up, in the ledger, and, for postpaid accounts, invoiced; Postgres itself looks (`usage_month_needed`).
 */
import { type Db, usageMonthDropped } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";

/** This month and two more: a gateway can be away for long, and events still find their month. */
const monthsAhead = 2;

export interface UsageMonth {
  /** `2026-11` */
  month: string;
  /** Of its roll-ups. */
  requests: number;
  /** On disk, indexes included. */
  bytes: number;
  /** Of how many months that are over it is the last: 0 is the present one and what comes after, 1 the one before. */
  monthsAgo: number;
}

export interface DroppedMonth {
  month: string;
  events: number;
  bytes: number;
}

export interface UsageRetention {
  dropped: DroppedMonth[];
  /** Past their retention, and still needed. */
  kept: { month: string; reason: string }[];
}

const monthSchema = z.object({
  month: z.string(),
  requests: z.coerce.number(),
  bytes: z.coerce.number(),
  monthsAgo: z.coerce.number(),
});
const droppedSchema = z.object({ month: z.string(), events: z.coerce.number(), bytes: z.coerce.number() });

/** Makes the months that are missing. @returns how many events were moved to their month, because it was missing when they came. */
export async function ensureUsageMonths(db: Db): Promise<number> {
  const { rows } = await db.execute(sql`select ensure_usage_months(${monthsAhead}) as moved`);
  return z.coerce.number().parse(rows[0]?.["moved"]);
}

/** The oldest first. */
export async function listUsageMonths(db: Db): Promise<UsageMonth[]> {
  const { rows } = await db.execute(sql`
    select to_char(start at time zone 'UTC', 'YYYY-MM') as month, pg_total_relation_size(part) as bytes,
      greatest(0, 12 * (extract(year from today) - extract(year from start at time zone 'UTC')) + extract(month from today) - extract(month from start at time zone 'UTC')) as "monthsAgo",
      (select coalesce(sum(requests), 0) from usage_total where hour >= start and hour < (start at time zone 'UTC' + interval '1 month') at time zone 'UTC') as requests
    from (
      select inhrelid as part, make_timestamptz(substr(relname, 13, 4)::int, substr(relname, 17, 2)::int, 1, 0, 0, 0, 'UTC') as start, now() at time zone 'UTC' as today
      from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'usage_event'::regclass and relname ~ '^usage_event_[0-9]{6}$'
    ) parts order by start`);
  return z.array(monthSchema).parse(rows);
}

/** Why a month may not be dropped; undefined: it may. Reads all of it. */
export async function whyKept(db: Db, month: string): Promise<string | undefined> {
  const { rows } = await db.execute(sql`select usage_month_needed(${month}) as reason`);
  return z.string().nullable().parse(rows[0]?.["reason"]) ?? undefined;
}

/**
 * Drops the months that are past their retention, and that nothing needs any more. The connection's statement time-out must allow for reading a month.
 * @param months how many that are over are kept.
 * @param author who does it: `cli:<login name>`, `gateway:<id>`.
 * @param onDropped within the transaction that drops it.
 */
export async function dropExpiredUsage(
  db: Db,
  {
    months,
    author,
    onDropped,
  }: { months: number; author: string; onDropped?: (tx: Db, dropped: DroppedMonth) => Promise<void> },
): Promise<UsageRetention> {
  const retention: UsageRetention = { dropped: [], kept: [] };
  for (const { month, monthsAgo } of await listUsageMonths(db)) {
    if (monthsAgo <= months) continue;
    const reason = await whyKept(db, month);
    if (reason !== undefined) {
      retention.kept.push({ month, reason });
      continue;
    }
    const dropped = await db.transaction(async (tx) => {
      const { rows } = await tx.execute(sql`select month, events, bytes from drop_usage_month(${month}, ${author})`);
      const gone = droppedSchema.parse(rows[0]);
      await onDropped?.(tx, gone);
      return gone;
    });
    retention.dropped.push(dropped);
  }
  return retention;
}

/** What retention took, the oldest first. */
export async function listDroppedMonths(db: Db): Promise<DroppedMonth[]> {
  return db.select().from(usageMonthDropped).orderBy(usageMonthDropped.month);
}
