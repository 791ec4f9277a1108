/** What can be done with runners, and what their engines write. How they are comes with the live figures. */
import { queryOptions, useMutation } from "@tanstack/react-query";
import { type RunnerAction, runnerActedSchema, runnerLogsSchema } from "@tera/admin-api/runners";
import { call } from "./client.ts";

/** A runner by its name, which is unique on its worker. */
export interface RunnerName {
  workerId: string;
  runnerId: string;
}

/** An open log shows what comes. */
const logsEveryMs = 3_000;

export const runnerLogsQuery = (name: RunnerName) =>
  queryOptions({
    queryKey: ["runner-logs", name],
    queryFn: ({ signal }) => call(runnerLogsSchema, `${pathOf(name)}/logs`, { query: { lines: 500 }, signal }),
    refetchInterval: logsEveryMs,
    gcTime: 0,
  });

export function useRunnerAction(name: RunnerName) {
  return useMutation({
    mutationFn: (action: RunnerAction) =>
      call(runnerActedSchema, `${pathOf(name)}/${action}`, { method: "POST", body: {} }),
  });
}

function pathOf({ workerId, runnerId }: RunnerName): string {
  return `/runners/${encodeURIComponent(workerId)}/${encodeURIComponent(runnerId)}`;
}
