/** How a batch begins, whoever asks for it: the rules are the same for the API and for the dashboard. */
import type { Batch, BatchEndpoint } from "@tera/database";
import { TeraError } from "@tera/protocol";
import { z } from "zod";
import type { BatchStore } from "./batch-store.ts";
import type { FileStore } from "./file-store.ts";

const windowMs = 24 * 3_600_000;

/** OpenAI's bounds of metadata. */
export const batchMetadataSchema = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .refine((metadata) => Object.keys(metadata).length <= 16, "may have 16 entries");

export interface BatchStart {
  accountId: string;
  /** Its limits and scope hold for every line. */
  keyId: string;
  endpoint: BatchEndpoint;
  inputFileId: string;
  metadata: z.infer<typeof batchMetadataSchema> | null;
}

/** @throws {TeraError} `not_found`: the account has no such file for batches. */
export async function startBatch(
  { files, batches }: { files: Pick<FileStore, "find">; batches: Pick<BatchStore, "create"> },
  { accountId, inputFileId, ...start }: BatchStart,
): Promise<Batch> {
  const input = await files.find(accountId, inputFileId);
  if (input === undefined || input.purpose !== "batch") {
    throw new TeraError("not_found", `There is no file \`${inputFileId.slice(0, 100)}\` for batches.`, {
      param: "input_file_id",
    });
  }
  return batches.create({ ...start, accountId, inputFileId: input.id, completionWindow: "24h", windowMs });
}
