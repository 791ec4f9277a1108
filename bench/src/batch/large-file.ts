/**
 * A large file through a gateway: uploaded, checked as a batch, and its output written and read again, while the gateway's memory is watched.
 *
 * No engine runs its lines, which would take hours: they are for a model that nobody serves, although it has a price, and Postgres is given a result for each of them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { connectDatabase } from "@tera/database";
import { sql } from "drizzle-orm";
import { type BatchClient, requestLines } from "./batch-client.ts";
import { readRssMb, watchPeak } from "./peak-watch.ts";

export interface LargeFileResult {
  /** By how much the gateway's resident memory grew over what it was before, at most. 2^20 bytes. */
  uploadGrowthMb: number;
  checkGrowthMb: number;
  outputGrowthMb: number;
  /** Lines of the output that are missing, or too many. */
  errors: number;
}

export interface LargeFileOptions {
  databaseUrl: string;
  client: BatchClient;
  gatewayPid: number;
  lines: number;
  say(line: string): void;
}

export const nobodysModel = "bench/nobody-serves-this";
const lookEveryMs = 500;
const timeoutMs = 1_800_000;

export async function measureLargeFile(options: LargeFileOptions): Promise<LargeFileResult> {
  const { databaseUrl, client, gatewayPid, lines, say } = options;
  const before = await readRssMb(gatewayPid);

  async function during<Result>(what: string, work: () => Promise<Result>): Promise<[Result, number]> {
    const startedAt = performance.now();
    const watch = watchPeak(() => readRssMb(gatewayPid));
    try {
      const result = await work();
      const growth = (await watch.stop()) - before;
      say(`${what}: ${((performance.now() - startedAt) / 1e3).toFixed(1)} s, +${growth.toFixed(0)} MB`);
      return [result, Math.max(0, growth)];
    } finally {
      await watch.stop();
    }
  }

  async function untilStatus(batchId: string, status: string): Promise<void> {
    for (const deadlineMs = performance.now() + timeoutMs; ; ) {
      const found = await client.retrieve(batchId);
      if (found.status === status) return;
      if (found.status === "failed" || performance.now() > deadlineMs)
        throw new Error(`the large batch is ${found.status}, not ${status}`);
      await sleep(lookEveryMs);
    }
  }

  const [fileId, uploadGrowthMb] = await during(`uploading ${lines} lines`, () =>
    client.upload(requestLines(nobodysModel, lines, 10)),
  );
  const [batchId, checkGrowthMb] = await during("checking them", async () => {
    const id = await client.create(fileId);
    await untilStatus(id, "in_progress");
    return id;
  });
  await writeResults(databaseUrl, batchId);
  const [seen, outputGrowthMb] = await during("writing and reading the output", async () => {
    await untilStatus(batchId, "completed");
    const { output_file_id: outputId } = await client.retrieve(batchId);
    let count = 0;
    if (outputId !== null) await client.readLines(outputId, () => count++);
    return count;
  });
  return { uploadGrowthMb, checkGrowthMb, outputGrowthMb, errors: Math.abs(lines - seen) };
}

/** What a gateway would have written of each line, but for its charge. */
async function writeResults(url: string, batchId: string): Promise<void> {
  const database = connectDatabase({ url, name: "bench", statementTimeoutMs: timeoutMs });
  try {
    await database.db.transaction(async (tx) => {
      await tx.execute(sql`
        insert into batch_result (batch_id, number, is_error, body)
        select batch_id, number, false, json_build_object('id', 'batch_req_' || number, 'custom_id', custom_id,
          'response', json_build_object('status_code', 200, 'request_id', 'req_' || number, 'body', repeat('words of an answer ', 20)), 'error', null)::text
        from batch_line where batch_id = ${batchId}`);
      await tx.execute(sql`update batch_line set state = 'succeeded' where batch_id = ${batchId}`);
      await tx.execute(sql`update batch set completed_lines = total_lines where id = ${batchId}`);
    });
  } finally {
    await database.close();
  }
}
