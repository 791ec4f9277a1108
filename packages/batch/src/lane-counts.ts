/**
 * What the batch lane has before it, by model, for who looks at it: lines are counted one by one, up to a bound. lane-figures.ts tells every gateway's metrics all the time, from
 * what batches say of themselves, and where a batch has several models that is an estimate.
 */
import type { Db } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";

export interface LaneCounts {
  model: string;
  /** Lines that may be begun, of batches that are not paused. */
  open: number;
  running: number;
}

/** Open lines that are looked at: a million of them are not counted whenever somebody looks. */
const openMax = 50_000;

const rowsSchema = z.array(z.object({ model: z.string(), open: z.coerce.number(), running: z.coerce.number() }));

/** @returns `isCut`: there are more open lines than were counted. */
export async function countLane(db: Db): Promise<{ models: LaneCounts[]; isCut: boolean }> {
  const { rows } = await db.execute(sql`
    with lines as (
      (select l.model, true as open from batch b, batch_line l
        where b.status = 'in_progress' and b.pause is null and l.batch_id = b.id and l.state = 'open' limit ${openMax + 1})
      union all
      (select model, false from batch_line where state = 'running')
    )
    select model, count(*) filter (where open) as open, count(*) filter (where not open) as running
    from lines group by model order by model`);
  const models = rowsSchema.parse(rows);
  return { models, isCut: models.reduce((sum, { open }) => sum + open, 0) > openMax };
}
