/** The catalog: reading, and what the operator says of a model. */
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { type ModelChange, modelDetailsSchema, modelPageSchema } from "@tera/admin-api/models";
import { call, type QueryValues } from "./client.ts";

export const modelsQuery = (search: QueryValues) =>
  queryOptions({
    queryKey: ["models", search],
    queryFn: ({ signal }) => call(modelPageSchema, "/models", { query: search, signal }),
    placeholderData: keepPreviousData,
  });

export const modelQuery = (modelId: string) =>
  queryOptions({
    queryKey: ["model", modelId],
    queryFn: ({ signal }) => call(modelDetailsSchema, pathOf(modelId), { signal }),
  });

/** Answers null when nothing is set of it any more, and no runner names it. */
export function useChangeModel(modelId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ModelChange) => call(modelDetailsSchema.nullable(), pathOf(modelId), { method: "PATCH", body }),
    onSuccess: async (model) => {
      await client.invalidateQueries({ queryKey: ["models"] });
      if (model === null) client.removeQueries({ queryKey: ["model", modelId] });
      else client.setQueryData(modelQuery(modelId).queryKey, model);
    },
  });
}

/** Ids have a slash. */
function pathOf(modelId: string): string {
  return `/models/${encodeURIComponent(modelId)}`;
}
