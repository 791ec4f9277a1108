/** The last log lines of one runner, asked for by a person: a control message one way, a key that soon expires the other way. */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type RunnerLogs, runnerLogsSchema } from "@tera/protocol";
import type { Redis } from "./connection.ts";
import { sendControl } from "./control.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";

const answerTtlMs = 10_000;
const lookEveryMs = 25;

export interface RunnerLogsQuestion {
  workerId: string;
  runnerId: string;
  linesMax: number;
  timeoutMs: number;
}

/** @returns undefined when the worker did not answer in time, or not in a way that can be read. */
export async function askRunnerLogs(redis: Redis, question: RunnerLogsQuestion): Promise<RunnerLogs | undefined> {
  const { workerId, runnerId, linesMax, timeoutMs } = question;
  const token = randomBytes(16).toString("hex");
  const deadlineMs = performance.now() + timeoutMs;
  await sendControl(redis, workerId, { version: 1, type: "runner_logs", runnerId, linesMax, token });
  do {
    const answer = await redis.getdel(keys.runnerLogs(workerId, token));
    if (answer !== null) return runnerLogsSchema.safeParse(parseJson(answer)).data;
    await delay(lookEveryMs);
  } while (performance.now() < deadlineMs);
  return undefined;
}

/** The worker's side. */
export async function answerRunnerLogs(
  redis: Redis,
  workerId: string,
  token: string,
  answer: RunnerLogs,
): Promise<void> {
  await redis.set(keys.runnerLogs(workerId, token), JSON.stringify(answer), "PX", answerTtlMs);
}
