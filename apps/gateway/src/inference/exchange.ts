/**
 * The exchange: holds every open request, feeds frames, deadlines and the client's departure to its state machine, and carries out what that decides.
 *
 * Deadlines are checked by one sweep over all requests instead of timers per request: a token only notes the time.
 */
import {
  type AcceptedFrame,
  type CancelReason,
  countDelta,
  type Delta,
  type DeltaFrame,
  emptyUsage,
  type FinishReason,
  type Frame,
  type Job,
  jobVersion,
  TeraError,
  type Usage,
  type UsageRecord,
} from "@tera/protocol";
import type { GatewayPresence } from "@tera/queue";
import type { Sealer } from "../billing/seal.ts";
import type { Admission } from "./admit.ts";
import type { Dispatcher, Ticket } from "./enqueue.ts";
import {
  type Deadline,
  decide,
  type ExchangeEffect,
  type ExchangeEvent,
  type ExchangeState,
  failedReplicas,
  initialState,
} from "./exchange-state.ts";
import type { RetryBudget } from "./retry-budget.ts";
import type { Roster } from "./roster.ts";

const sweepEveryMs = 100;
/** How long the worker's last count is awaited after the client left. */
const cancelledUsageMs = 3_000;
const revokedMax = 1_000;

/** Where the answer goes. Methods are called in order; `end` or `error` last and once, and neither after the client left. */
export interface AnswerSink {
  /** Hot path. @returns false when the client reads too slowly and must be cut off. */
  deltas(deltas: readonly Delta[]): boolean;
  end(usage: Usage): void;
  /** Another attempt begins: what was collected of the last one is forgotten. Never after something was sent. */
  restart(): void;
  error(error: TeraError): void;
  /** Called by the sweep while the answer is silent. */
  keepAlive(nowMs: number): void;
}

export interface OpenExchange {
  /** The client's connection is gone. Harmless when the answer has ended. */
  clientGone(): void;
}

export interface Deadlines {
  queueWaitMs: number;
  firstTokenMs: number;
  betweenTokensMs: number;
  totalMs: number;
}

export interface ExchangeDependencies {
  gatewayId: string;
  dispatcher: Dispatcher;
  deadlines: Deadlines;
  /** Of lines of batches, which nobody waits for. */
  batchDeadlines: Deadlines;
  roster: Pick<Roster, "isLost" | "isAway" | "findWorker">;
  retryBudget: RetryBudget;
  presence: Pick<GatewayPresence, "wasSilentSince">;
  sealer: Pick<Sealer, "seal">;
  cancelAttempt(workerId: string, requestId: string, attempt: number, reason: CancelReason): void;
  settle(record: UsageRecord): void;
}

export interface Exchanges {
  open(requestId: string, admission: Admission, stream: boolean, sink: AnswerSink): OpenExchange;
  /** Hot path: one call per batch that a worker sent. */
  onFrames(frames: readonly Frame[]): void;
  /** The key is revoked: its requests that wait for a slot end with `error`, and, if `runningToo`, all others of it. */
  revoke(keyId: string, error: TeraError, runningToo: boolean): void;
  /** Jobs on lanes and frames under way are lost: all that was sent is tried again or ended. */
  onRepliesLost(): void;
  has(requestId: string): boolean;
  readonly count: number;
  stop(): void;
}

interface Entry {
  readonly requestId: string;
  readonly admission: Admission;
  readonly stream: boolean;
  readonly sink: AnswerSink;
  /** By `performance.now()`. */
  readonly openedAtMs: number;
  state: ExchangeState;
  ticket: Ticket | undefined;
  readonly seal: string;
  /** The only worker that can accept this attempt; undefined: any. */
  intendedWorkerId: string | undefined;
  /** The sequence number that must come next in this attempt. */
  nextSeq: number;
  /** When the current phase began, or the last delta came. */
  sinceMs: number;
  acceptedAtMs: number | undefined;
  firstDeltaAtMs: number | undefined;
  finishReason: FinishReason | undefined;
  /** What is known of this attempt's usage before its end: what the worker has told, and our own count of the deltas since. */
  usage: Usage;
}

export function createExchanges(dependencies: ExchangeDependencies): Exchanges {
  const { gatewayId, dispatcher, roster, retryBudget, presence, sealer } = dependencies;
  const entries = new Map<string, Entry>();
  /** Keys revoked of late: a request may have been let in before, and its body or its credit have come after. */
  const revoked = new Map<string, TeraError>();

  function deadlinesOf({ admission }: Entry): Deadlines {
    return admission.lane === "batch" ? dependencies.batchDeadlines : dependencies.deadlines;
  }

  function enqueue(entry: Entry): void {
    const { admission, requestId, state } = entry;
    const { model } = admission.request;
    const avoidRunners = failedReplicas(state);
    // On the model's lane a runner that fails fast is also the fastest to take the next attempt.
    const workerId = avoidRunners.length === 0 ? undefined : roster.findWorker(model, avoidRunners);
    const job: Job = {
      version: jobVersion,
      requestId,
      attempt: state.attempt,
      gatewayId,
      accountId: admission.principal.accountId,
      keyId: admission.principal.keyId,
      laneClass: admission.lane,
      stream: entry.stream,
      admittedAtMs: admission.admittedAtMs,
      expiresAtMs: Date.now() + deadlinesOf(entry).queueWaitMs,
      avoidRunners,
      billing: admission.billing,
      seal: entry.seal,
      request: admission.request,
    };
    entry.nextSeq = 0;
    entry.sinceMs = Date.now();
    entry.firstDeltaAtMs = undefined;
    entry.finishReason = undefined;
    entry.usage = emptyUsage("counted");
    entry.intendedWorkerId = workerId;
    entry.ticket = dispatcher.submit(job, (error) => handle(entry, { type: "refused", error }), workerId);
  }

  /**
   * An attempt that failed has left no copy. Of one that was lost there may be one; while this gateway was silent another may have settled it, and a second attempt would be for nothing.
   */
  function mayRetry({ openedAtMs, admission }: Entry, event: ExchangeEvent): boolean {
    if (event.type !== "fail" && presence.wasSilentSince(openedAtMs)) return false;
    return retryBudget.withdraw(admission.request.model);
  }

  function handle(entry: Entry, event: ExchangeEvent): void {
    const before = entry.state;
    const { state, effects } = decide(before, event, () => mayRetry(entry, event));
    entry.state = state;
    if (state.phase !== before.phase) entry.sinceMs = Date.now();
    // A new attempt, or the end: the old attempt's place on the lane is free.
    if (state.attempt !== before.attempt) entry.ticket?.done();
    for (const effect of effects) apply(entry, effect);
  }

  function apply(entry: Entry, effect: ExchangeEffect): void {
    switch (effect.type) {
      case "enqueue":
        entry.sink.restart();
        return enqueue(entry);
      case "withdraw":
        return entry.ticket?.withdraw();
      case "cancelAttempt":
        return dependencies.cancelAttempt(effect.workerId, entry.requestId, effect.attempt, effect.reason);
      case "answerEnd":
        return entry.sink.end(effect.usage);
      case "answerError":
        return entry.sink.error(effect.error);
      case "settle":
        entries.delete(entry.requestId);
        entry.ticket?.done();
        return end(entry, toRecord(entry, effect));
    }
  }

  function end(entry: Entry, record: UsageRecord): void {
    entry.admission.release(record);
    dependencies.settle(record);
  }

  function toRecord(entry: Entry, { status, usage, error }: Extract<ExchangeEffect, { type: "settle" }>): UsageRecord {
    const { admission, state } = entry;
    const since = (ms: number | undefined) => (ms === undefined ? undefined : Math.max(0, ms - admission.admittedAtMs));
    return {
      version: 1,
      requestId: entry.requestId,
      accountId: admission.principal.accountId,
      keyId: admission.principal.keyId,
      model: admission.request.model,
      endpoint: admission.request.kind,
      stream: entry.stream,
      status,
      errorCode: error?.code,
      finishReason: entry.finishReason,
      usage: usage ?? entry.usage,
      gatewayId,
      workerId: state.workerId,
      runnerId: state.runnerId,
      attempts: state.attemptsAccepted,
      failedAttempts: [...state.failedAttempts],
      admittedAtMs: admission.admittedAtMs,
      queueMs: since(entry.acceptedAtMs),
      ttftMs: since(entry.firstDeltaAtMs),
      totalMs: since(Date.now()) ?? 0,
      billing: admission.billing,
    };
  }

  /** Somebody works for nobody. What is not known here may be of this gateway's life before it was started again: then the worker's copy is all there is. */
  function cancelUnwanted({ workerId, requestId, attempt }: AcceptedFrame): void {
    dependencies.cancelAttempt(workerId, requestId, attempt, entries.has(requestId) ? "given_up" : "client");
  }

  /** Hot path for delta frames. */
  function onFrame(frame: Frame): void {
    const entry = entries.get(frame.requestId);
    if (entry === undefined || entry.state.attempt !== frame.attempt) {
      // Withdrawn or given up while a worker took it.
      if (frame.type === "accepted") cancelUnwanted(frame);
      return;
    }
    if (frame.seq !== entry.nextSeq) {
      // A second worker took over the same attempt: both are given up.
      if (frame.type === "accepted") cancelUnwanted(frame);
      const error = connectionLost(`frame ${frame.seq} came instead of ${entry.nextSeq}`);
      return handle(entry, { type: "lost", error });
    }
    entry.nextSeq++;
    switch (frame.type) {
      case "delta":
        return onDelta(entry, frame);
      case "accepted":
        entry.acceptedAtMs = Date.now();
        if (entry.state.phase === "cancelled") cancelUnwanted(frame);
        return handle(entry, { type: "accepted", workerId: frame.workerId, runnerId: frame.runnerId });
      case "end":
        return handle(entry, { type: "end", usage: frame.usage });
      case "fail": {
        const { code, message, param, retryable, retryAfterS } = frame;
        return handle(entry, { type: "fail", error: new TeraError(code, message, { param, retryable, retryAfterS }) });
      }
    }
  }

  function onDelta(entry: Entry, { deltas, usage }: DeltaFrame): void {
    for (const delta of deltas) countFor(entry, delta);
    if (usage !== undefined) entry.usage = { ...usage };
    if (deltas.length > 0) relay(entry, deltas);
  }

  function relay(entry: Entry, deltas: readonly Delta[]): void {
    const nowMs = Date.now();
    if (entry.state.phase === "accepted") {
      entry.firstDeltaAtMs = nowMs;
      handle(entry, { type: "firstDelta", sent: entry.stream });
    }
    for (const delta of deltas) if (delta.finishReason !== undefined) entry.finishReason = delta.finishReason;
    if (entry.state.phase !== "streaming") return;
    entry.sinceMs = nowMs;
    if (!entry.sink.deltas(deltas)) handle(entry, { type: "clientGone" });
  }

  function passedDeadline(entry: Entry, nowMs: number): Deadline | undefined {
    const waitedMs = nowMs - entry.sinceMs;
    const { phase } = entry.state;
    const deadlines = deadlinesOf(entry);
    if (phase === "cancelled") return waitedMs > cancelledUsageMs ? "cancelledUsage" : undefined;
    if (nowMs - entry.admission.admittedAtMs > deadlines.totalMs) return "total";
    if (phase === "queued" && waitedMs > deadlines.queueWaitMs) return "queueWait";
    if (phase === "queued" && roster.isAway(entry.admission.request.model)) return "replica";
    if (phase === "accepted" && waitedMs > deadlines.firstTokenMs) return "firstToken";
    if (phase === "streaming" && waitedMs > deadlines.betweenTokensMs) return "betweenTokens";
    return undefined;
  }

  function sweep(): void {
    const nowMs = Date.now();
    for (const entry of entries.values()) {
      const workerId = entry.state.workerId ?? entry.intendedWorkerId;
      const deadline = passedDeadline(entry, nowMs);
      if (workerId !== undefined && roster.isLost(workerId)) {
        handle(entry, { type: "lost", error: connectionLost(`worker ${workerId} is gone`) });
      } else if (deadline !== undefined) {
        handle(entry, { type: "deadline", deadline });
      } else if (entry.state.phase !== "cancelled") {
        entry.sink.keepAlive(nowMs);
      }
    }
  }
  const sweepTimer = setInterval(sweep, sweepEveryMs);

  return {
    open(requestId, admission, stream, sink) {
      const entry: Entry = {
        requestId,
        admission,
        stream,
        sink,
        openedAtMs: performance.now(),
        state: initialState,
        ticket: undefined,
        intendedWorkerId: undefined,
        seal: sealer.seal({
          requestId,
          accountId: admission.principal.accountId,
          keyId: admission.principal.keyId,
          model: admission.request.model,
          admittedAtMs: admission.admittedAtMs,
          billing: admission.billing,
        }),
        nextSeq: 0,
        sinceMs: admission.admittedAtMs,
        acceptedAtMs: undefined,
        firstDeltaAtMs: undefined,
        finishReason: undefined,
        usage: emptyUsage("counted"),
      };
      entries.set(requestId, entry);
      const revocation = revoked.get(admission.principal.keyId);
      if (revocation !== undefined) handle(entry, { type: "revoked", error: revocation, runningToo: false });
      if (entry.state !== initialState) return { clientGone: () => undefined };
      retryBudget.deposit(admission.request.model);
      enqueue(entry);
      return { clientGone: () => handle(entry, { type: "clientGone" }) };
    },
    onFrames(frames) {
      for (const frame of frames) onFrame(frame);
    },
    revoke(keyId, error, runningToo) {
      revoked.set(keyId, error);
      for (const oldest of revoked.keys()) if (revoked.size > revokedMax) revoked.delete(oldest);
      for (const entry of entries.values()) {
        if (entry.admission.principal.keyId === keyId) handle(entry, { type: "revoked", error, runningToo });
      }
    },
    onRepliesLost() {
      for (const entry of [...entries.values()]) {
        if (entry.ticket?.sent) handle(entry, { type: "lost", error: connectionLost("the reply stream was gone") });
      }
    },
    has: (requestId) => entries.has(requestId),
    get count() {
      return entries.size;
    },
    stop: () => clearInterval(sweepTimer),
  };
}

function connectionLost(detail: string): TeraError {
  return new TeraError("worker_lost", "The connection to the model was interrupted. Try again.", { detail });
}

function countFor({ admission: { request }, usage }: Entry, delta: Delta): void {
  countDelta(usage, delta);
  // As the worker does: once there is sound, all of it.
  if (request.kind === "speech") usage.speechCharacters ||= [...request.input].length;
}
