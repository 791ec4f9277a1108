/** The batch lane of each model, and the queues of background work. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { laneSwitchedSchema, queueSchema } from "@tera/admin-api/queue";
import { call } from "./client.ts";

const everyMs = 5_000;

export const queueQuery = queryOptions({
  queryKey: ["queue"],
  queryFn: ({ signal }) => call(queueSchema, "/queue", { signal }),
  refetchInterval: everyMs,
});

export function useSwitchLane(model: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: "pause" | "resume") =>
      call(laneSwitchedSchema, `/queue/${encodeURIComponent(model)}/${action}`, { method: "POST", body: {} }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["queue"] }),
  });
}
