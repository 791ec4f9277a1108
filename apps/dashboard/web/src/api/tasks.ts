/** Work that takes its time is asked for until it has ended. */
import type { Query, UseQueryResult } from "@tanstack/react-query";

const askEveryMs = 1_000;

interface Running {
  state: "running" | "done" | "failed";
}

interface Task extends Running {
  id: string;
  error: string | null;
}

/** For `refetchInterval`. */
export function whileRunning<Asked extends Running>(query: Pick<Query<Asked, Error, Asked, never>, "state">) {
  return query.state.data?.state === "running" ? askEveryMs : false;
}

/**
 * How what was begun is doing. What cannot be asked for any more has failed, as far as anybody knows: the dashboard was started anew, or does not answer.
 * @param asked about it, while it runs
 */
export function followTask<Begun extends Task>(
  begun: Begun | undefined,
  asked: Pick<UseQueryResult<Begun>, "data" | "error">,
): Begun | undefined {
  if (begun?.state !== "running") return begun;
  if (asked.error !== null)
    return { ...begun, state: "failed", error: `It is not known any more. ${asked.error.message}` };
  return asked.data?.id === begun.id ? asked.data : begun;
}
