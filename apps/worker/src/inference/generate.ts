/**
 * Runs the claimed jobs: one runner's generation per job, its deltas as frames, its end as the last frame and a usage record.
 *
 * An attempt ends early when its gateway cancels it or is gone. It then still says `end`, with what was generated: that is what is charged.
 */
import { type Delta, emptyUsage, type FinishReason, type Job, TeraError, type Usage } from "@tera/protocol";
import type { ClaimedJob, ReplyPublisher } from "@tera/queue";
import type { RunnerLog } from "../runners/runner.ts";
import type { TakenSlot } from "../runners/supervisor.ts";
import { createAttemptVoice } from "./publish.ts";
import { toUsageRecord } from "./report-usage.ts";

interface RunningAttempt {
  job: Job;
  abort: AbortController;
  done: Promise<void>;
}

export interface Generator {
  /** Takes over the claimed job and its slot; both are given back when it ends. */
  start(claimed: ClaimedJob, slot: TakenSlot): void;
  cancel(requestId: string, attempt: number): void;
  /** Nobody reads what this gateway asked for any more. */
  cancelGateway(gatewayId: string): void;
  gatewaysInUse(): string[];
  /** Waits for what runs; past the deadline it is cancelled. */
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

  async function run(claimed: ClaimedJob, slot: TakenSlot, abort: AbortController): Promise<void> {
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
      voice.delta(delta);
    }

    const record = (status: "succeeded" | "failed" | "cancelled", usage: Usage, errorCode?: string) =>
      toUsageRecord(job, {
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

    voice.accepted(workerId, runner.id);
    // The lane is told while the engine already works; what was withdrawn meanwhile is stopped again.
    claimed.accept().then((stillWanted) => {
      if (!stillWanted) abort.abort();
    });
    try {
      const usage = await runner.generate(
        { requestId: job.requestId, request: job.request, signal: abort.signal },
        sink,
      );
      voice.last({ type: "end", usage }, record(abort.signal.aborted ? "cancelled" : "succeeded", usage));
    } catch (cause) {
      const error = toTeraError(cause);
      const usage = { ...emptyUsage(), completionTokens: deltas };
      log.warn(
        {
          requestId: job.requestId,
          attempt: job.attempt,
          runner: runner.id,
          code: error.code,
          detail: error.detail ?? error.message,
        },
        "an attempt failed",
      );
      const { code, message, param, retryable } = error;
      voice.last({ type: "fail", code, message, param, retryable, usage }, record("failed", usage, code));
    }
  }

  return {
    start(claimed, slot) {
      const { requestId, attempt } = claimed.job;
      const abort = new AbortController();
      const name = nameOf(requestId, attempt);
      const done = run(claimed, slot, abort).finally(() => {
        attempts.delete(name);
        slot.free();
      });
      attempts.set(name, { job: claimed.job, abort, done });
    },
    cancel(requestId, attempt) {
      attempts.get(nameOf(requestId, attempt))?.abort.abort();
    },
    cancelGateway(gatewayId) {
      for (const { job, abort } of attempts.values()) {
        if (job.gatewayId === gatewayId) abort.abort();
      }
    },
    gatewaysInUse: () => [...new Set([...attempts.values()].map(({ job }) => job.gatewayId))],
    async drain(timeoutMs) {
      const timer = setTimeout(() => {
        for (const { abort } of attempts.values()) abort.abort();
      }, timeoutMs);
      while (attempts.size > 0) await Promise.allSettled([...attempts.values()].map(({ done }) => done));
      clearTimeout(timer);
      await publisher.drain();
    },
  };
}

function toTeraError(cause: unknown): TeraError {
  if (cause instanceof TeraError) return cause;
  return new TeraError("runner_failed", "The model's engine failed. Try again.", {
    cause,
    detail: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  });
}
