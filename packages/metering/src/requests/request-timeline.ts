/** The life of one request as a list of moments, and its attempts, out of its usage event. Pure. */
import type { UsageEvent } from "@tera/database";

/**
 * | step        | from here on                                                                              |
 * |-------------|-------------------------------------------------------------------------------------------|
 * | admitted    | the gateway has let it in                                                                 |
 * | queued      | it waits until a worker accepts it; attempts that failed before the last one are in here too |
 * | accepted    | the runner has it, and reads the prompt                                                   |
 * | first_token | the answer comes                                                                          |
 * | ended       | the answer, or whatever it came to, is complete                                           |
 * | settled     | its usage and its charge are in Postgres                                                  |
 */
export type RequestStep = "admitted" | "queued" | "accepted" | "first_token" | "ended" | "settled";

export interface RequestMoment {
  step: RequestStep;
  at: Date;
  /** Since it was admitted. */
  afterMs: number;
  /** Until the next step; absent: it is the last one. */
  lastsMs?: number;
}

export interface RequestAttempt {
  /** From 1. Numbers are missing where no worker had accepted an attempt. */
  attempt: number;
  workerId?: string | undefined;
  runnerId?: string | undefined;
  outcome: "answered" | "cancelled" | "failed";
  /** Of an attempt that failed. */
  code?: string | undefined;
}

type Lived = Pick<UsageEvent, "admittedAt" | "queueMs" | "ttftMs" | "totalMs" | "settledAt">;

/** Steps that it did not reach are left out. */
export function requestTimeline({ admittedAt, queueMs, ttftMs, totalMs, settledAt }: Lived): RequestMoment[] {
  const steps: [RequestStep, number | null][] = [
    ["admitted", 0],
    ["queued", 0],
    ["accepted", queueMs],
    ["first_token", ttftMs],
    ["ended", totalMs],
    // By the database's clock, which need not agree with the gateway's.
    ["settled", Math.max(totalMs, settledAt.getTime() - admittedAt.getTime())],
  ];
  const reached = steps.flatMap(([step, afterMs]) => (afterMs === null ? [] : [{ step, afterMs }]));
  return reached.map(({ step, afterMs }, index) => {
    const next = reached[index + 1];
    return {
      step,
      at: new Date(admittedAt.getTime() + afterMs),
      afterMs,
      ...(next === undefined ? {} : { lastsMs: Math.max(0, next.afterMs - afterMs) }),
    };
  });
}

type Tried = Pick<UsageEvent, "status" | "attempts" | "failedAttempts" | "workerId" | "runnerId">;

/** In order; empty when no worker took it. */
export function requestAttempts({ status, attempts, failedAttempts, workerId, runnerId }: Tried): RequestAttempt[] {
  const failed = failedAttempts.map((each) => ({ ...each, outcome: "failed" as const }));
  // Of an event that only the worker knew, the failed ones are not there.
  if (workerId === null || (status === "failed" && failed.length > 0)) return failed;
  const outcome = status === "succeeded" ? "answered" : status;
  const attempt = Math.max(attempts, (failed.at(-1)?.attempt ?? 0) + 1);
  return [...failed, { attempt, workerId, runnerId: runnerId ?? undefined, outcome }];
}
