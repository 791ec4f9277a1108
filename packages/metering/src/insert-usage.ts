/** Writes usage records to Postgres in one statement. */
import { type Db, usageEvent } from "@tera/database";
import type { UsageRecord } from "@tera/protocol";
import { sql } from "drizzle-orm";
import { toUsageRow, usageColumns } from "./usage-row.ts";

const columns = sql.join(
  usageColumns.map((name) => sql.identifier(name)),
  sql`, `,
);

/**
 * A record whose request id is there already is passed over: each request is counted once, whoever reports it and how often.
 *
 * The rows travel as one JSON parameter: one statement text whatever the number of rows, where a list of values would leave a
 * prepared statement per batch size on every connection.
 */
export async function insertUsage(db: Db, records: readonly UsageRecord[]): Promise<void> {
  await db.execute(sql`
    insert into ${usageEvent} (${columns})
    select ${columns} from json_populate_recordset(null::${usageEvent}, ${JSON.stringify(records.map(toUsageRow))}::json)
    on conflict (request_id) do nothing`);
}
