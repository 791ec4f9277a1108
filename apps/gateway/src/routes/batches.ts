/** `/v1/batches`, as OpenAI's clients know it, with what a batch costs so far and why it waits. */
import { type BatchStore, batchMetadataSchema, type FileStore, startBatch } from "@tera/batch";
import { type Batch, batchEndpoints } from "@tera/database";
import { formatUsd } from "@tera/metering";
import { TeraError } from "@tera/protocol";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { parseBody } from "../dialects/parse-body.ts";
import { principalOf } from "../plugins/authenticate.ts";

const listMax = 100;

export interface BatchRoutesOptions {
  batches: BatchStore;
  files: Pick<FileStore, "find">;
}

const createSchema = z.strictObject({
  input_file_id: z.string().min(1),
  endpoint: z.enum(batchEndpoints),
  completion_window: z.literal("24h"),
  metadata: batchMetadataSchema.nullish(),
});

const listSchema = z.strictObject({
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(listMax).default(20),
});

export function registerBatchRoutes(app: FastifyInstance, { batches, files }: BatchRoutesOptions): void {
  app.post("/v1/batches", async (request) => {
    const { accountId, keyId } = principalOf(request);
    const body = parseBody(createSchema, request.body);
    const { endpoint, input_file_id: inputFileId, metadata = null } = body;
    return renderBatch(await startBatch({ files, batches }, { accountId, keyId, endpoint, inputFileId, metadata }));
  });

  app.get("/v1/batches", async (request) => {
    const { after, limit } = parseBody(listSchema, request.query);
    const found = await batches.list({ accountId: principalOf(request).accountId, after, limit: limit + 1 });
    const data = found.slice(0, limit).map(renderBatch);
    return {
      object: "list",
      data,
      first_id: data.at(0)?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: found.length > limit,
    };
  });

  app.get<{ Params: { id: string } }>("/v1/batches/:id", async (request) =>
    renderBatch(await find(principalOf(request).accountId, request.params.id)),
  );

  app.post<{ Params: { id: string } }>("/v1/batches/:id/cancel", async (request) => {
    const { accountId } = principalOf(request);
    const { id } = await find(accountId, request.params.id);
    const cancelled = await batches.cancel(id, accountId);
    if (cancelled !== undefined) return renderBatch(cancelled);
    const found = await find(accountId, id);
    if (found.status === "cancelling" || found.status === "cancelled") return renderBatch(found);
    throw new TeraError("invalid_request", `The batch is ${found.status} and cannot be cancelled any more.`);
  });

  async function find(accountId: string, id: string): Promise<Batch> {
    const found = await batches.find(id, accountId);
    if (found === undefined) throw new TeraError("not_found", `There is no batch \`${id.slice(0, 100)}\`.`);
    return found;
  }
}

function renderBatch(batch: Batch) {
  return {
    id: batch.id,
    object: "batch",
    endpoint: batch.endpoint,
    errors: batch.problems === null ? null : { object: "list", data: batch.problems },
    input_file_id: batch.inputFileId,
    completion_window: batch.completionWindow,
    status: batch.status,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: toSeconds(batch.createdAt),
    in_progress_at: toSeconds(batch.inProgressAt),
    expires_at: toSeconds(batch.expiresAt),
    finalizing_at: toSeconds(batch.finalizingAt),
    completed_at: toSeconds(batch.completedAt),
    failed_at: toSeconds(batch.failedAt),
    expired_at: toSeconds(batch.expiredAt),
    cancelling_at: toSeconds(batch.cancellingAt),
    cancelled_at: toSeconds(batch.cancelledAt),
    request_counts: { total: batch.totalLines, completed: batch.completedLines, failed: batch.failedLines },
    metadata: batch.metadata,
    // Not OpenAI's: USD so far, and why nothing of it is begun.
    cost: formatUsd(batch.chargeNano),
    paused: batch.pause === null ? null : { reason: batch.pause, message: batch.pauseReason },
  };
}

function toSeconds(moment: Date | null): number | null {
  return moment === null ? null : Math.floor(moment.getTime() / 1_000);
}
