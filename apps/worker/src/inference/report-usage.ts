/** The worker's copy of a usage record: what it saw of the attempt that ended the request. The gateway's own record knows more and is preferred. */
import type { FinishReason, Job, Usage, UsageRecord } from "@tera/protocol";

export interface AttemptOutcome {
  status: UsageRecord["status"];
  errorCode?: string | undefined;
  finishReason?: FinishReason | undefined;
  usage: Usage;
  workerId: string;
  runnerId: string;
  /** Epoch milliseconds. */
  acceptedAtMs: number;
  firstDeltaAtMs?: number | undefined;
  endedAtMs: number;
}

export function toUsageRecord(job: Job, outcome: AttemptOutcome): UsageRecord {
  const since = (ms: number) => Math.max(0, Math.round(ms - job.admittedAtMs));
  return {
    version: 1,
    requestId: job.requestId,
    accountId: job.accountId,
    keyId: job.keyId,
    model: job.request.model,
    endpoint: job.request.kind,
    stream: job.stream,
    status: outcome.status,
    errorCode: outcome.errorCode,
    finishReason: outcome.finishReason,
    usage: outcome.usage,
    gatewayId: job.gatewayId,
    workerId: outcome.workerId,
    runnerId: outcome.runnerId,
    attempts: job.attempt,
    failedAttempts: [],
    admittedAtMs: job.admittedAtMs,
    queueMs: since(outcome.acceptedAtMs),
    ttftMs: outcome.firstDeltaAtMs === undefined ? undefined : since(outcome.firstDeltaAtMs),
    totalMs: since(outcome.endedAtMs),
    billing: job.billing,
    seal: job.seal,
  };
}
