/** Work of an Admin API that can take minutes: begun, and asked for until it has ended. */
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { CliError } from "../terminal/cli-error.ts";
import type { AdminClient } from "./admin-client.ts";

const askEveryMs = 1_000;
const patienceMs = 3_600_000;

export interface Task<Result> {
  id: string;
  state: "running" | "done" | "failed";
  error: string | null;
  result: Result | null;
}

export interface DoneTask<Result> {
  id: string;
  result: Result;
}

/** @param path where it is begun; its id below that asks for it. @throws {CliError} when it fails, in its own words. */
export async function awaitTask<Result>(
  client: AdminClient,
  schema: z.ZodType<Task<Result>>,
  path: string,
  body: object,
  pathOf = (id: string) => `${path}/${encodeURIComponent(id)}`,
): Promise<DoneTask<Result>> {
  const until = Date.now() + patienceMs;
  let task = await client.send("POST", schema, path, body);
  while (task.state === "running") {
    if (Date.now() > until) throw new CliError("It has not ended within an hour, and goes on: see the dashboard.");
    await sleep(askEveryMs);
    task = await client.get(schema, pathOf(task.id));
  }
  if (task.state === "failed" || task.result === null) throw new CliError(task.error ?? "It failed.");
  return { id: task.id, result: task.result };
}
