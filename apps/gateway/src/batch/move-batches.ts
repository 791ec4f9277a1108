/** Moves batches from state to state: files are validated, lines that nobody will begin any more are closed, results are written to files, ends are told. */
import { createNoticeStore } from "@tera/background";
import {
  type BatchStore,
  createBatchStore,
  createLineStore,
  type FileStore,
  type LineLimits,
  type RequestLine,
  validateBatch,
  withLock,
  writeOutputFiles,
} from "@tera/batch";
import type { Batch, Db } from "@tera/database";
import { formatUsd } from "@tera/metering";
import type { Catalog } from "../catalog/catalog.ts";
import { modelNotFound } from "../catalog/model-not-found.ts";
import { parseLine } from "./parse-line.ts";

export interface BatchMoverOptions {
  /** Its statement time-out must allow for the lines of a large batch. */
  db: Db;
  files: FileStore;
  batches: BatchStore;
  limits: LineLimits;
  /** Milliseconds that output files are kept. */
  fileRetentionMs: number;
  catalog: Pick<Catalog, "resolve">;
  /** Whether lines for a model are worth waiting for, who may be away now. */
  isKnown(model: string): boolean;
  /** Whether somebody is told. */
  tellsNotices: boolean;
}

export interface BatchMover {
  /** Ids of batches that wait for a step which takes a while. */
  findWork(): Promise<string[]>;
  /** Takes that step. Harmless when it is taken twice, or by two gateways. */
  work(batchId: string): Promise<void>;
}

export function createBatchMover(options: BatchMoverOptions): BatchMover {
  const { db, files, batches, limits, fileRetentionMs, catalog, isKnown, tellsNotices } = options;

  function check(line: RequestLine): string {
    const model = catalog.resolve(parseLine(line).request.model);
    if (!isKnown(model)) throw modelNotFound(model);
    return model;
  }

  async function finalize(batchId: string): Promise<void> {
    const completed = await withLock(db, `batch ${batchId}`, async (tx) => {
      const found = await batches.find(batchId);
      if (found?.status !== "finalizing") return undefined;
      const lines = createLineStore({ db, author: "batch" });
      const expiresAt = new Date(Date.now() + fileRetentionMs);
      const written = await writeOutputFiles(found, { files, lines, expiresAt });
      const ended = await createBatchStore({ db: tx }).complete(batchId, written);
      if (ended !== undefined && tellsNotices) await createNoticeStore({ db: tx }).add([toNotice(ended)]);
      return ended;
    });
    if (completed !== undefined) await createLineStore({ db, author: "batch" }).removeResults(batchId);
  }

  async function validate(batchId: string): Promise<void> {
    const outcome = await validateBatch(batchId, { db, files, limits, check });
    if (outcome !== "failed" || !tellsNotices) return;
    const failed = await batches.find(batchId);
    if (failed !== undefined) await createNoticeStore({ db }).add([toNotice(failed)]);
  }

  return {
    async findWork() {
      await batches.closeLines();
      const waiting = await batches.listIn(["validating", "finalizing"]);
      return waiting.map(({ id }) => id);
    },
    async work(batchId) {
      const found = await batches.find(batchId);
      if (found?.status === "validating") await validate(batchId);
      if (found?.status === "finalizing") await finalize(batchId);
    },
  };
}

function toNotice(batch: Batch) {
  return {
    type: "batch.ended" as const,
    reference: batch.id,
    payload: {
      batchId: batch.id,
      accountId: batch.accountId,
      status: batch.status,
      requestCounts: { total: batch.totalLines, completed: batch.completedLines, failed: batch.failedLines },
      cost: formatUsd(batch.chargeNano),
      outputFileId: batch.outputFileId,
      errorFileId: batch.errorFileId,
    },
  };
}
