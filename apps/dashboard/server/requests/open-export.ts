/** All requests of a period as lines of JSON, as fast as they are read: one batch is in memory at a time. */
import { PassThrough, type Readable } from "node:stream";
import type { Db } from "@tera/database";
import { type ExportedUsage, exportUsage, type UsageFilter } from "@tera/metering";
import type { FastifyBaseLogger } from "fastify";

/** For how long a reader may take nothing: it keeps a connection to the database. */
const stallMaxMs = 60_000;

export interface ExportOptions {
  /** Where it ran is not for them. */
  isCustomer: boolean;
  log: FastifyBaseLogger;
}

/** @returns `ended` resolves when all was read, or nobody reads any more. A file that ends in an error is no whole export. */
export function openExport(
  db: Db,
  filter: UsageFilter,
  { isCustomer, log }: ExportOptions,
): { file: Readable; ended: Promise<void> } {
  const file = new PassThrough();
  const ended = exportUsage(db, filter, async (batch) => {
    const lines = batch.map((row) => `${JSON.stringify(isCustomer ? withoutPlaces(row) : row)}\n`);
    if (!file.write(lines.join(""))) await untilRead(file);
    if (file.destroyed) throw new Error("nobody reads the export any more");
  });
  return {
    file,
    ended: ended.then(
      () => void file.end(),
      (error: unknown) => {
        if (!file.destroyed) log.error({ err: error }, "an export of requests broke off");
        file.destroy(error instanceof Error ? error : new Error(String(error)));
      },
    ),
  };
}

async function untilRead(file: PassThrough): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stall = setTimeout(() => file.destroy(), stallMaxMs);
  file.once("drain", resolve).once("close", resolve);
  await promise;
  clearTimeout(stall);
  file.off("drain", resolve).off("close", resolve);
}

function withoutPlaces(row: ExportedUsage): ExportedUsage {
  return { ...row, worker_id: null, runner_id: null, gateway_id: "" };
}
