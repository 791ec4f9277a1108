/** Single requests. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import {
  refusalSumsSchema,
  requestContentSchema,
  requestDetailsSchema,
  requestPageSchema,
} from "@tera/admin-api/requests";
import { call, type QueryValues } from "./client.ts";

export const requestsQuery = (filters: QueryValues) =>
  infiniteQueryOptions({
    queryKey: ["requests", filters],
    queryFn: ({ pageParam, signal }) =>
      call(requestPageSchema, "/requests", { query: { ...filters, before: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });

export const refusalSumsQuery = (filters: QueryValues) =>
  queryOptions({
    queryKey: ["requests", "refusals", filters],
    queryFn: ({ signal }) => call(refusalSumsSchema, "/requests/refusals", { query: filters, signal }),
  });

export const requestQuery = (requestId: string) =>
  queryOptions({
    queryKey: ["request", requestId],
    queryFn: ({ signal }) => call(requestDetailsSchema, `/requests/${encodeURIComponent(requestId)}`, { signal }),
  });

export const requestContentQuery = (requestId: string) =>
  queryOptions({
    queryKey: ["request", requestId, "content"],
    queryFn: ({ signal }) =>
      call(requestContentSchema, `/requests/${encodeURIComponent(requestId)}/content`, { signal }),
  });
