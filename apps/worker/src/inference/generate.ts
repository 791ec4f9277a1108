/**
 * Runs the claimed jobs: one runner's generation per job, its deltas as frames, its end as the last frame and a usage record.
 *
 * An attempt ends early when its gateway cancels it or is gone. What was generated until then is in its last frame all the same.
 *
 * A copy of the usage is written only of an attempt that ends its request: of one that failed so that another replica can heal it, or that its gateway has given up, there would be
 * two records of one request, and with a gateway that stands still for some seconds the wrong one could be settled. Of such a request its gateway alone is the witness.
 */
import {
  type CancelReason,
  type Delta,
  emptyUsage,
  type FinishReason,
  type Job,
  TeraError,
  type Usage,
  type UsageRecord,
} from "@tera/protocol";
import type { ClaimedJob, ReplyPublisher } from "@tera/queue";
import type { AttemptOutcome } from "../runners/health/health-tracker.ts";
import type { TakenSlot } from "../runners/member.ts";
import type { RunnerLog } from "../runners/runner.ts";
import { createAttemptVoice } from "./publish.ts";
import { toUsageRecord } from "./report-usage.ts";

interface RunningAttempt {
  job: Job;
  abort: AbortController;
  /** Why it was aborted; by its gateway, unless it is one of the last three. */
  stopped: CancelReason | "gateway_gone" | "abandoned" | "drained" | undefined;
  done: Promise<void>;
}

export interface Generator {
  /** Takes over the claimed job and its slot; both are given back when it ends. */
  start(claimed: ClaimedJob, slot: TakenSlot): void;
  cancel(requestId: string, attempt: number, reason: CancelReason): void;
  /** Nobody reads what this gateway asked for any more, or what it admitted before it was started again. Epoch milliseconds. */
  cancelGateway(gatewayId: string, admittedBeforeMs?: number): void;
  gatewaysInUse(): string[];
  /** Waits for what runs; past the deadline it fails, so that its gateway tries elsewhere or tells the client. */
  drain(timeoutMs: number): Promise<void>;
}

export interface GeneratorDependencies {
  workerId: string;
  publisher: ReplyPublisher;
  log: RunnerLog;
}

export function createGenerator({ workerId, publisher, log }: GeneratorDependencies): Generator {
  const attempts = new Map<string, RunningAttempt>();
  const nameOf = (requestId: string, attempt: number) => `${requestId}#${attempt}`;

  function stop(attempt: RunningAttempt, why: RunningAttempt["stopped"]): void {
    attempt.stopped ??= why;
    attempt.abort.abort();
  }

  async function run(claimed: ClaimedJob, slot: TakenSlot, running: RunningAttempt): Promise<void> {
    const { job } = claimed;
    const { runner } = slot;
    const voice = createAttemptVoice(job, publisher);
    const acceptedAtMs = Date.now();
    let firstDeltaAtMs: number | undefined;
    let finishReason: FinishReason | undefined;
    let deltas = 0;

    function sink(delta: Delta): void {
      deltas++;
      firstDeltaAtMs ??= Date.now();
      finishReason = delta.finishReason ?? finishReason;
      slot.alive();
      voice.delta(delta);
    }

    function record(status: UsageRecord["status"], usage: Usage, errorCode?: string): UsageRecord | undefined {
      // A line of a batch is charged in the transaction that keeps its result, by the gateway that has it; or it is run again.
      if (job.laneClass === "batch") return undefined;
      return toUsageRecord(job, {
        status,
        errorCode,
        finishReason,
        usage,
        workerId,
        runnerId: runner.id,
        acceptedAtMs,
        firstDeltaAtMs,
        endedAtMs: Date.now(),
      });
    }

    function fail(error: TeraError, usage: Usage): void {
      const detail = error.detail ?? error.message;
      const { requestId, attempt } = job;
      log.warn({ requestId, attempt, runner: runner.id, code: error.code, detail }, "an attempt failed");
      const { code, message, param, retryable, retryAfterS } = error;
      const copy = retryable
        ? undefined
        : record(running.stopped === "gateway_gone" ? "cancelled" : "failed", usage, code);
      voice.last({ type: "fail", code, message, param, retryable, retryAfterS, usage }, copy);
    }

    function end(usage: Usage): void {
      switch (running.stopped) {
        case undefined:
          return voice.last({ type: "end", usage }, record("succeeded", usage));
        case "client":
          return voice.last({ type: "end", usage }, record("cancelled", usage));
        case "given_up":
        case "deadline":
          return voice.last({ type: "end", usage }, undefined);
        case "gateway_gone":
          // It may only have stood still: then it must not take this for the whole answer, and not ask for another, because this one is charged.
          return fail(interrupted({ retryable: false }), usage);
        case "drained":
          return fail(interrupted(), usage);
        case "abandoned":
          return fail(new TeraError("runner_failed", "The model's engine stopped answering. Try again."), usage);
      }
    }

    slot.onAbandoned(() => stop(running, "abandoned"));
    voice.accepted(workerId, runner.id);
    // The lane is told while the engine already works; what was withdrawn meanwhile is stopped again.
    claimed.accept().then((stillWanted) => {
      if (!stillWanted) stop(running, "given_up");
    });
    try {
      const task = {
        requestId: job.requestId,
        request: job.request,
        signal: running.abort.signal,
        onUsage(usage: Usage) {
          slot.counted(usage.completionTokens);
          voice.counted(usage);
        },
      };
      const usage = await runner.generate(task, sink);
      slot.counted(usage.completionTokens);
      end(usage);
      slot.ended(outcomeOf(running));
    } catch (cause) {
      const error = toTeraError(cause);
      const told = running.stopped === "gateway_gone" ? interrupted({ retryable: false, cause }) : error;
      fail(told, { ...emptyUsage(), completionTokens: deltas });
      slot.ended(error.fault === "client" ? { type: "neutral" } : { type: "failed", error });
    }
  }

  return {
    start(claimed, slot) {
      const { requestId, attempt } = claimed.job;
      const name = nameOf(requestId, attempt);
      const running: RunningAttempt = {
        job: claimed.job,
        abort: new AbortController(),
        stopped: undefined,
        done: Promise.resolve(),
      };
      attempts.set(name, running);
      running.done = run(claimed, slot, running).finally(() => {
        attempts.delete(name);
        slot.ended({ type: "neutral" });
      });
    },
    cancel(requestId, attempt, reason) {
      const running = attempts.get(nameOf(requestId, attempt));
      if (running !== undefined) stop(running, reason);
    },
    cancelGateway(gatewayId, admittedBeforeMs = Number.POSITIVE_INFINITY) {
      for (const running of attempts.values()) {
        const { job } = running;
        if (job.gatewayId === gatewayId && job.admittedAtMs < admittedBeforeMs) stop(running, "gateway_gone");
      }
    },
    gatewaysInUse: () => [...new Set([...attempts.values()].map(({ job }) => job.gatewayId))],
    async drain(timeoutMs) {
      const timer = setTimeout(() => {
        for (const running of attempts.values()) stop(running, "drained");
      }, timeoutMs);
      while (attempts.size > 0) await Promise.allSettled([...attempts.values()].map(({ done }) => done));
      clearTimeout(timer);
      await publisher.drain();
    },
  };
}

function outcomeOf({ stopped }: RunningAttempt): AttemptOutcome {
  if (stopped === undefined) return { type: "succeeded" };
  return stopped === "deadline" ? { type: "tooSlow" } : { type: "neutral" };
}

function interrupted(options: { retryable?: boolean; cause?: unknown } = {}): TeraError {
  return new TeraError("worker_lost", "The connection to the model was interrupted. Try again.", options);
}

function toTeraError(cause: unknown): TeraError {
  if (cause instanceof TeraError) return cause;
  return new TeraError("runner_failed", "The model's engine failed. Try again.", {
    cause,
    detail: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  });
}
