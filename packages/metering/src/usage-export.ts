/** All requests of a period, streamed: whatever the period, one batch is in memory at a time. */
import { type Db, usageEvent } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { formatUsd } from "./money.ts";
import { matchEvents, type UsageFilter } from "./usage-filter.ts";

const usd = z.coerce.bigint().transform(formatUsd);
const count = z.coerce.number();

/** One request, in the words of the file: the fields are its columns, in this order. Amounts are decimal strings of USD. */
export const exportedUsageSchema = z.object({
  request_id: z.string(),
  admitted_at: z.string(),
  account_id: z.string(),
  key_id: z.string(),
  model: z.string(),
  endpoint: z.string(),
  stream: z.boolean(),
  lane: z.string(),
  status: z.string(),
  error_code: z.string().nullable(),
  finish_reason: z.string().nullable(),
  prompt_tokens: count,
  cached_tokens: count,
  completion_tokens: count,
  reasoning_tokens: count,
  speech_characters: count,
  usage_source: z.string(),
  price_id: z.string().nullable(),
  charge_usd: usd,
  /** What re-rating has changed since. */
  correction_usd: usd,
  attempts: count,
  worker_id: z.string().nullable(),
  runner_id: z.string().nullable(),
  gateway_id: z.string(),
  queue_ms: count.nullable(),
  ttft_ms: count.nullable(),
  total_ms: count,
});
export type ExportedUsage = z.infer<typeof exportedUsageSchema>;

const batchMax = 2_000;

/**
 * In the order of admission, as of one moment. The connection's statement time-out must allow for sorting the period, which comes before the first row.
 * @param onBatch the next batch is read when it has resolved.
 */
export async function exportUsage(
  db: Db,
  filter: UsageFilter,
  onBatch: (batch: ExportedUsage[]) => Promise<void>,
): Promise<void> {
  const wanted = matchEvents(filter) ?? sql`true`;
  await db.transaction(
    async (moment) => {
      // Whoever reads the file slowly keeps the transaction waiting between two batches.
      await moment.execute(sql`select set_config('idle_in_transaction_session_timeout', '0', true)`);
      await moment.execute(sql`
        declare usage_export no scroll cursor for
        select *, to_char(${usageEvent.admittedAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as admitted_at, charge_nano as charge_usd,
          (select coalesce(sum(c.amount_nano), 0) from usage_correction c where c.request_id = ${usageEvent.requestId}) as correction_usd
        from ${usageEvent} where ${wanted} order by ${usageEvent.admittedAt}, ${usageEvent.requestId}`);
      for (;;) {
        const { rows } = await moment.execute(sql.raw(`fetch ${batchMax} from usage_export`));
        if (rows.length === 0) return;
        await onBatch(z.array(exportedUsageSchema).parse(rows));
        if (rows.length < batchMax) return;
      }
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}
