/** Holds a batch's input against its output and the usage that was charged for it. */
import { type Db, usageEvent } from "@tera/database";
import { and, eq } from "drizzle-orm";
import { z } from "zod";
import type { BatchClient, SeenBatch } from "./batch-client.ts";

const resultSchema = z.object({ custom_id: z.string(), response: z.object({ request_id: z.string() }).nullable() });

export interface ResultCount {
  /** Lines without a result, and results without a charge. */
  lost: number;
  /** Results of a line that has one already, and charges without a result. */
  doubled: number;
}

/** @param lines of the input, made by `requestLines` @param accountId nobody else's batches ran for it */
export async function countResults(
  db: Db,
  client: BatchClient,
  batch: SeenBatch,
  { lines, accountId }: { lines: number; accountId: string },
): Promise<ResultCount> {
  const ids = new Set<string>();
  const requests = new Set<string>();
  let doubled = 0;
  function look(text: string): void {
    const { custom_id: id, response } = resultSchema.parse(JSON.parse(text));
    if (ids.has(id)) doubled++;
    ids.add(id);
    if (response !== null) requests.add(response.request_id);
  }
  if (batch.output_file_id !== null) await client.readLines(batch.output_file_id, look);
  const succeeded = requests.size;
  if (batch.error_file_id !== null) await client.readLines(batch.error_file_id, look);

  const events = await db
    .select({ requestId: usageEvent.requestId })
    .from(usageEvent)
    .where(and(eq(usageEvent.accountId, accountId), eq(usageEvent.lane, "batch"), eq(usageEvent.status, "succeeded")));
  const charged = events.filter(({ requestId }) => requests.has(requestId)).length;
  return {
    lost: lines - ids.size + Math.max(0, succeeded - charged),
    doubled: doubled + (events.length - charged),
  };
}
