/** Batches: reading, and what can be done with them. While one moves, it is asked for again and again. */
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  type BatchFileKind,
  type BatchStatus,
  batchDetailsSchema,
  batchPageSchema,
  type NewBatch,
} from "@tera/admin-api/batches";
import { apiUrl, call, type QueryValues } from "./client.ts";

const everyMs = 3_000;

const ended: ReadonlySet<BatchStatus> = new Set(["failed", "completed", "expired", "cancelled"]);

export function hasEnded({ status }: { status: BatchStatus }): boolean {
  return ended.has(status);
}

export const batchesQuery = (search: QueryValues) =>
  queryOptions({
    queryKey: ["batches", search],
    queryFn: ({ signal }) => call(batchPageSchema, "/batches", { query: search, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => (data?.items.every(hasEnded) === false ? everyMs : false),
  });

export const batchQuery = (batchId: string) =>
  queryOptions({
    queryKey: ["batch", batchId],
    queryFn: ({ signal }) => call(batchDetailsSchema, `/batches/${batchId}`, { signal }),
    refetchInterval: ({ state: { data } }) => (data !== undefined && !hasEnded(data) ? everyMs : false),
  });

export function useStartBatch() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewBatch) => call(batchDetailsSchema, "/batches", { method: "POST", body }),
    onSuccess: (batch) => {
      client.setQueryData(batchQuery(batch.id).queryKey, batch);
      void client.invalidateQueries({ queryKey: ["batches"] });
    },
  });
}

export type BatchAction = "cancel" | "pause" | "resume";

export function useBatchAction(batchId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: BatchAction) =>
      call(batchDetailsSchema, `/batches/${batchId}/${action}`, { method: "POST", body: {} }),
    onSuccess: (batch) => {
      client.setQueryData(batchQuery(batchId).queryKey, batch);
      void client.invalidateQueries({ queryKey: ["batches"] });
    },
    // It may have moved on meanwhile, which is why it was refused.
    onError: () => void client.invalidateQueries({ queryKey: ["batch", batchId] }),
  });
}

export function batchFileUrl(batchId: string, kind: BatchFileKind): string {
  return apiUrl(`/batches/${batchId}/${kind}`);
}
