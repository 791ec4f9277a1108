/** Reports of usage. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { usageSchema } from "@tera/admin-api/usage";
import { apiUrl, call, type QueryValues } from "./client.ts";

export const usageQuery = (query: QueryValues) =>
  queryOptions({
    queryKey: ["usage", query],
    queryFn: ({ signal }) => call(usageSchema, "/usage", { query, signal }),
    placeholderData: keepPreviousData,
  });

/** Where a browser fetches the same as a file. */
export const usageCsvUrl = (query: QueryValues) => apiUrl("/usage.csv", query);
