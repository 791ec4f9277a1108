/** What was fetched, and for how long it is good. */
import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client.ts";

const retriesMax = 2;

export const queryClient = new QueryClient({
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
