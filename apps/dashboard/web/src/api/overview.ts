/** The overview beside the live figures. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { attentionSchema, overviewUsageSchema } from "../../../api/overview.ts";
import { call } from "./client.ts";

const refetchEveryMs = 30_000;

export const attentionQuery = queryOptions({
  queryKey: ["overview", "attention"],
  queryFn: ({ signal }) => call(attentionSchema, "/overview/attention", { signal }),
  refetchInterval: refetchEveryMs,
});

export const overviewUsageQuery = (accountId: string | undefined) =>
  queryOptions({
    queryKey: ["overview", "usage", accountId],
    queryFn: ({ signal }) => call(overviewUsageSchema, "/overview/usage", { query: { accountId }, signal }),
    refetchInterval: refetchEveryMs,
    placeholderData: keepPreviousData,
  });
