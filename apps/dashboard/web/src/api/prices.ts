/** The price book, and re-rating. */
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  appliedReratingSchema,
  type NewPrice,
  pricedModelPageSchema,
  priceHistoryPageSchema,
  priceSchema,
  type ReratingRequest,
  reratingSchema,
} from "@tera/admin-api/prices";
import { useBillingChange } from "./billing.ts";
import { call, type QueryValues } from "./client.ts";
import { whileRunning } from "./tasks.ts";

export const pricesQuery = (search: QueryValues) =>
  queryOptions({
    queryKey: ["prices", search],
    queryFn: ({ signal }) => call(pricedModelPageSchema, "/prices", { query: search, signal }),
    placeholderData: keepPreviousData,
  });

export const priceHistoryQuery = (search: QueryValues & { model: string }) =>
  queryOptions({
    queryKey: ["prices", "history", search],
    queryFn: ({ signal }) => call(priceHistoryPageSchema, "/prices/history", { query: search, signal }),
    placeholderData: keepPreviousData,
  });

export function useSetPrice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewPrice) => call(priceSchema, "/prices", { method: "POST", body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["prices"] }),
  });
}

export const useLookAtRerating = () =>
  useMutation({
    mutationFn: (body: ReratingRequest) => call(reratingSchema, "/reratings", { method: "POST", body }),
  });

export const reratingQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: ["reratings", id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => call(reratingSchema, `/reratings/${id}`, { signal }),
    refetchInterval: whileRunning,
  });

export const useApplyRerating = () =>
  useBillingChange(({ id, reason }: { id: string; reason: string }) =>
    call(appliedReratingSchema, `/reratings/${id}/apply`, { method: "POST", body: { reason } }),
  );

export const appliedReratingQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: ["reratings", "applied", id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => call(appliedReratingSchema, `/reratings/applied/${id}`, { signal }),
    refetchInterval: whileRunning,
  });
