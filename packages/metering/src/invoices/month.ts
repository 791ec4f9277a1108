/** Billing months, of UTC: `2026-11`. Texts that sort as they follow each other. */
import type { Db } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";

const monthPattern = /^(\d{4})-(0[1-9]|1[0-2])$/;

export function isMonth(text: string): boolean {
  return monthPattern.test(text);
}

export function monthOf(moment: Date): string {
  return moment.toISOString().slice(0, 7);
}

export function monthStart(month: string): Date {
  return new Date(`${month}-01T00:00:00.000Z`);
}

/** The first moment that is no longer in it. */
export function monthEnd(month: string): Date {
  const start = monthStart(month);
  return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1));
}

export function monthAfter(month: string): string {
  return monthOf(monthEnd(month));
}

/** The last month that is over. */
export function lastMonth(now: Date): string {
  return monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1)));
}

const nowSchema = z.object({ now: z.coerce.date() });

/** The database's clock: the one that bookings are dated by. */
export async function readClock(db: Pick<Db, "execute">): Promise<Date> {
  const { rows } = await db.execute(sql`select clock_timestamp() as now`);
  return nowSchema.parse(rows[0]).now;
}
