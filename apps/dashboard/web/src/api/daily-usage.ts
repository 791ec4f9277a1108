/** What a key or an account used and spent, day by day. */
import { queryOptions } from "@tanstack/react-query";
import { dailyUsageSchema } from "../../../api/daily-usage.ts";
import { call } from "./client.ts";

/** @param of `{keyId}` or `{accountId}` */
export const dailyUsageQuery = (of: { keyId: string } | { accountId: string }, days = 30) =>
  queryOptions({
    queryKey: ["daily-usage", of, days],
    staleTime: 60_000,
    queryFn: ({ signal }) => {
      const path = "keyId" in of ? `/keys/${of.keyId}/usage` : `/accounts/${of.accountId}/usage`;
      return call(dailyUsageSchema, path, { query: { days }, signal });
    },
  });
