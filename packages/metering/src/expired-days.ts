/** Tables that are partitioned by the day on which their rows expire. */
import type { Db } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";

export interface DroppedDay {
  /** `2026-11-23`, UTC. */
  day: string;
  /** Given back to the disk. */
  bytes: number;
}

const droppedSchema = z.array(z.object({ day: z.string(), bytes: z.coerce.number() }));

/** Drops the days that are over, the oldest first. */
export async function dropExpiredDays(
  db: Db,
  table: "request_content" | "refused_request" | "refusal_count",
): Promise<DroppedDay[]> {
  const { rows } = await db.execute(sql`select day, bytes from drop_expired_days(${table})`);
  return droppedSchema.parse(rows);
}
