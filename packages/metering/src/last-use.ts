/** When keys were last used. */
import { type Db, usageHour } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";

const usesSchema = z.array(z.object({ keyId: z.string(), usedAt: z.coerce.date().nullable() }));

/**
 * When the last request of each key was admitted; of requests whose events are not kept any more, the beginning of the hour.
 * @returns by key id; keys that were never used are not in it.
 */
export async function readLastUses(db: Db, keyIds: readonly string[]): Promise<Map<string, Date>> {
  if (keyIds.length === 0) return new Map();
  const ids = sql.join(
    keyIds.map((keyId) => sql`${keyId}`),
    sql`, `,
  );
  const { rows } = await db.execute(sql`
    select id as "keyId", coalesce(
      (select max(admitted_at) from usage_event e where e.key_id = id),
      (select max(hour) from ${usageHour} h where h.key_id = id)
    ) as "usedAt" from unnest(array[${ids}]) as id`);
  const uses = usesSchema.parse(rows);
  return new Map(uses.flatMap(({ keyId, usedAt }) => (usedAt === null ? [] : [[keyId, usedAt]])));
}
