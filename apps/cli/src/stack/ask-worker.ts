/** What is asked of a worker about one of its runners: through Redis, or through an Admin API. */
import type { AuditEntry } from "@tera/access";
import type { RunnerAction, RunnerActionAnswer, RunnerLogs } from "@tera/protocol";
import { type FoundStack, isRemote, type RemoteStack } from "./find-stack.ts";
import { openClient, withDatabase, withRedis } from "./open-stack.ts";

export const actionTimeoutMs = 5_000;
export const logsTimeoutMs = 3_000;

interface Named {
  workerId: string;
  runnerId: string;
}

/**
 * Does something with a runner, and notes it in the audit log, in one transaction: nothing is done that the log could not take.
 * @returns undefined: the worker did not answer.
 * @throws {CliError}
 */
export async function askForAction(
  stack: FoundStack | RemoteStack,
  question: Named & { action: RunnerAction },
): Promise<RunnerActionAnswer | undefined> {
  if (isRemote(stack)) {
    const { actRemotely } = await import("../remote/remote-workers.ts");
    return actRemotely(await openClient(stack), question);
  }
  const { askRunnerAction } = await import("@tera/queue");
  const ask = () => withRedis(stack, (redis) => askRunnerAction(redis, { ...question, timeoutMs: actionTimeoutMs }));
  if (!hasAuditLog(stack)) return ask();
  const { workerId, runnerId, action } = question;
  const { changeAudited } = await import("@tera/access");
  const entry: AuditEntry = {
    action: `runner.${action}`,
    objectKind: "runner",
    objectId: `${workerId}/${runnerId}`,
    objectName: runnerId,
  };
  return withDatabase(stack, (db) =>
    changeAudited(db, stack.auditActor, async () => {
      const answer = await ask();
      return { answer, entry: answer?.outcome === "accepted" ? entry : undefined };
    }),
  );
}

/** Not so on a machine beside a GPU that knows Redis only. An Admin API has one. */
export function hasAuditLog(stack: FoundStack | RemoteStack): boolean {
  return isRemote(stack) || stack.databaseUrl !== undefined;
}

/** @returns undefined: the worker did not answer. @throws {CliError} */
export async function askForLogs(
  stack: FoundStack | RemoteStack,
  question: Named & { linesMax: number },
): Promise<RunnerLogs | undefined> {
  if (isRemote(stack)) {
    const { readRemoteLogs } = await import("../remote/remote-workers.ts");
    return readRemoteLogs(await openClient(stack), question);
  }
  const { askRunnerLogs } = await import("@tera/queue");
  return withRedis(stack, (redis) => askRunnerLogs(redis, { ...question, timeoutMs: logsTimeoutMs }));
}
