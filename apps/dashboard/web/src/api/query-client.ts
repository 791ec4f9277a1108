/** What was fetched, and for how long it is good. */
import { MutationCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client.ts";

const retriesMax = 2;

export const queryClient: QueryClient = new QueryClient({
  mutationCache: new MutationCache({
    onError(error) {
      // Somebody else was faster: what is shown is not how things are.
      const isOutdated = error instanceof ApiError && (error.code === "not_found" || error.code === "conflict");
      if (isOutdated) void queryClient.invalidateQueries();
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What was refused stays refused; a server that is away may be back.
      retry: (failures, error) =>
        failures < retriesMax &&
        error instanceof ApiError &&
        (error.code === "unavailable" || error.code === "internal_error"),
    },
  },
});
