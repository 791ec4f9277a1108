/** The audit log. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { auditPageSchema } from "../../../api/audit.ts";
import { call, type QueryValues } from "./client.ts";

export const auditQuery = (filters: QueryValues) =>
  infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: ({ pageParam, signal }) =>
      call(auditPageSchema, "/audit", { query: { ...filters, before: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
