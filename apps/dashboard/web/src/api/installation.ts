/** What clients call, and the models that there are to choose from. */
import { queryOptions } from "@tanstack/react-query";
import { modelIdsSchema } from "@tera/admin-api/model-ids";
import { installationSchema } from "../../../api/installation.ts";
import { call } from "./client.ts";

export const installationQuery = queryOptions({
  queryKey: ["installation"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: ({ signal }) => call(installationSchema, "/installation", { signal }),
});

export const modelIdsQuery = queryOptions({
  queryKey: ["model-ids"],
  staleTime: 30_000,
  queryFn: ({ signal }) => call(modelIdsSchema, "/model-ids", { signal }),
});
