/** Work that takes its time is asked for until it has ended. */
import type { Query } from "@tanstack/react-query";

const askEveryMs = 1_000;

interface Running {
  state: "running" | "done" | "failed";
}

/** For `refetchInterval`. */
export function whileRunning<Task extends Running>(query: Pick<Query<Task, Error, Task, never>, "state">) {
  return query.state.data?.state === "running" ? askEveryMs : false;
}
