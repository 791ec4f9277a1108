/**
 * Something that an operator wants done with one runner: a control message one way, a key that soon expires the other way.
 *
 * A worker reads its control stream from the beginning when it starts, and a restart that was asked for a minute ago must not happen then. So each
 * question has a ticket in Redis, which is gone when who asked has gone, and which the worker takes before it does anything: at most once.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type RunnerAction, type RunnerActionAnswer, runnerActionAnswerSchema } from "@tera/protocol";
import type { Redis } from "./connection.ts";
import { sendControl } from "./control.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";

const answerTtlMs = 10_000;
const lookEveryMs = 25;

export interface RunnerActionQuestion {
  workerId: string;
  runnerId: string;
  action: RunnerAction;
  timeoutMs: number;
}

/**
 * @returns undefined when the worker did not answer in time, or not in a way that can be read: it is then not done, unless the worker was
 * about to do it.
 */
export async function askRunnerAction(
  redis: Redis,
  question: RunnerActionQuestion,
): Promise<RunnerActionAnswer | undefined> {
  const { workerId, runnerId, action, timeoutMs } = question;
  const token = randomBytes(16).toString("hex");
  const ticket = keys.runnerTicket(workerId, token);
  const deadlineMs = performance.now() + timeoutMs;
  await redis.set(ticket, "1", "PX", timeoutMs);
  await sendControl(redis, workerId, { version: 1, type: "runner_action", runnerId, action, token });
  do {
    const answer = await redis.getdel(keys.runnerDone(workerId, token));
    if (answer !== null) return runnerActionAnswerSchema.safeParse(parseJson(answer)).data;
    await delay(lookEveryMs);
  } while (performance.now() < deadlineMs);
  await redis.del(ticket);
  return undefined;
}

/** The worker's side: whether it is still to be done, and by this caller. */
export async function takeRunnerAction(redis: Redis, workerId: string, token: string): Promise<boolean> {
  return (await redis.del(keys.runnerTicket(workerId, token))) === 1;
}

/** The worker's side. */
export async function answerRunnerAction(
  redis: Redis,
  workerId: string,
  token: string,
  answer: RunnerActionAnswer,
): Promise<void> {
  await redis.set(keys.runnerDone(workerId, token), JSON.stringify(answer), "PX", answerTtlMs);
}
