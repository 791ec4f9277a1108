/**
 * The life of a request in the gateway, as a pure state machine: events in, effects out. It is the only place that decides to try again.
 *
 * | phase     | meaning                                             | leaves by                                                             |
 * |-----------|-----------------------------------------------------|-----------------------------------------------------------------------|
 * | queued    | waits in the gateway or on a lane                   | accepted; deadline, refusal or revoked -> failed; client gone -> cancelled |
 * | accepted  | a worker has it, nothing was generated yet          | first delta -> streaming; end -> finished; failure -> queued or failed |
 * | streaming | deltas come; a stream's client already reads them   | end -> finished; failure -> queued or failed; client gone -> cancelled |
 * | cancelled | the client left, its key was revoked, or its stream took too long; the worker's last count is awaited | end, failure or deadline -> settled |
 * | finished, failed | settled                                      |                                                                       |
 *
 * Another attempt is made only while nothing was sent to the client, only for failures that a replica can heal, `attemptsMax` times at
 * most, and only while the retry budget allows it. Frames of an attempt that was given up are foreign: whoever holds the state compares `attempt` first.
 */
import { type CancelReason, type FailedAttempt, replicaName, TeraError, type Usage } from "@tera/protocol";

export const attemptsMax = 3;

export type ExchangePhase = "queued" | "accepted" | "streaming" | "cancelled" | "finished" | "failed";

export interface ExchangeState {
  readonly phase: ExchangePhase;
  /** From 1. */
  readonly attempt: number;
  readonly workerId: string | undefined;
  readonly runnerId: string | undefined;
  /** Whether the client has seen something of this answer: then it cannot be begun again. A whole answer is seen only at its end. */
  readonly sent: boolean;
  /** Attempts that a worker has accepted, this one included. */
  readonly attemptsAccepted: number;
  /** Of those, the ones that failed. */
  readonly failedAttempts: readonly FailedAttempt[];
  /** Why it was cancelled, where that was not the client's doing: for the record. */
  readonly cutBy: TeraError | undefined;
}

/** `replica`: none has taken requests for some time. */
export type Deadline = "queueWait" | "replica" | "firstToken" | "betweenTokens" | "total" | "cancelledUsage";

export type ExchangeEvent =
  | { type: "accepted"; workerId: string; runnerId: string }
  | { type: "firstDelta"; sent: boolean }
  | { type: "end"; usage: Usage }
  | { type: "fail"; error: TeraError }
  /** Frames are missing, or the worker is gone. */
  | { type: "lost"; error: TeraError }
  /** The job could not be put on a lane. */
  | { type: "refused"; error: TeraError }
  | { type: "clientGone" }
  /** The key is revoked. A request that has left the queue goes on, unless `runningToo`. */
  | { type: "revoked"; error: TeraError; runningToo: boolean }
  | { type: "deadline"; deadline: Deadline };

export type ExchangeEffect =
  /** Put (again) on a lane, under the new attempt number. */
  | { type: "enqueue" }
  /** Take off the lane or out of the gateway's queue. */
  | { type: "withdraw" }
  /** Tell the worker to stop this attempt. */
  | { type: "cancelAttempt"; workerId: string; attempt: number; reason: CancelReason }
  | { type: "answerEnd"; usage: Usage }
  | { type: "answerError"; error: TeraError }
  /** Undefined: what is known here of the attempt. */
  | {
      type: "settle";
      status: "succeeded" | "failed" | "cancelled";
      usage: Usage | undefined;
      error: TeraError | undefined;
    };

export interface Decision {
  state: ExchangeState;
  effects: ExchangeEffect[];
}

export const initialState: ExchangeState = {
  phase: "queued",
  attempt: 1,
  workerId: undefined,
  runnerId: undefined,
  sent: false,
  attemptsAccepted: 0,
  failedAttempts: [],
  cutBy: undefined,
};

/** Asked only when everything else speaks for another attempt; true has taken it from the budget. */
export type MayRetry = () => boolean;

export function decide(state: ExchangeState, event: ExchangeEvent, mayRetry: MayRetry): Decision {
  switch (state.phase) {
    case "queued":
      return decideQueued(state, event, mayRetry);
    case "accepted":
    case "streaming":
      return decideRunning(state, event, mayRetry);
    case "cancelled":
      return decideCancelled(state, event);
    case "finished":
    case "failed":
      return { state, effects: [] };
  }
}

/** Replicas that have failed this request. */
export function failedReplicas({ failedAttempts }: ExchangeState): string[] {
  return failedAttempts.flatMap(({ workerId, runnerId }) =>
    workerId === undefined || runnerId === undefined ? [] : [replicaName(workerId, runnerId)],
  );
}

function decideQueued(state: ExchangeState, event: ExchangeEvent, mayRetry: MayRetry): Decision {
  switch (event.type) {
    case "accepted": {
      const { workerId, runnerId } = event;
      const attemptsAccepted = state.attemptsAccepted + 1;
      return { state: { ...state, phase: "accepted", workerId, runnerId, attemptsAccepted }, effects: [] };
    }
    case "clientGone":
      return {
        state: { ...state, phase: "failed" },
        effects: [{ type: "withdraw" }, { type: "settle", status: "cancelled", usage: undefined, error: undefined }],
      };
    case "deadline":
      return giveUp(state, deadlineError(event.deadline), [{ type: "withdraw" }]);
    case "lost":
      // The worker that it was meant for is gone.
      return retryOrGiveUp(state, event.error, [{ type: "withdraw" }], mayRetry);
    case "revoked":
      return giveUp(state, event.error, [{ type: "withdraw" }]);
    case "refused":
    case "fail":
      return giveUp(state, event.error, []);
    case "firstDelta":
    case "end":
      return { state, effects: [] };
  }
}

function decideRunning(state: ExchangeState, event: ExchangeEvent, mayRetry: MayRetry): Decision {
  switch (event.type) {
    case "accepted":
      return { state, effects: [] };
    case "firstDelta":
      return { state: { ...state, phase: "streaming", sent: event.sent }, effects: [] };
    case "end":
      return {
        state: { ...state, phase: "finished" },
        effects: [
          { type: "answerEnd", usage: event.usage },
          { type: "settle", status: "succeeded", usage: event.usage, error: undefined },
        ],
      };
    case "fail":
      return retryOrGiveUp(state, event.error, [], mayRetry);
    case "lost":
      return retryOrGiveUp(state, event.error, cancelAttempt(state, "given_up"), mayRetry);
    case "refused":
      return giveUp(state, event.error, cancelAttempt(state, "given_up"));
    case "clientGone":
      return { state: { ...state, phase: "cancelled" }, effects: cancelAttempt(state, "client") };
    case "revoked":
      // What was generated is charged as when the client leaves: whoever can revoke a key must not get an answer for nothing.
      return event.runningToo ? cutShort(state, event.error) : { state, effects: [] };
    case "deadline": {
      const error = deadlineError(event.deadline);
      if (event.deadline !== "total") return retryOrGiveUp(state, error, cancelAttempt(state, "deadline"), mayRetry);
      // A stream has been read until here: who asks for an answer without end must not get an hour of it for nothing.
      return state.sent ? cutShort(state, error) : giveUp(state, error, cancelAttempt(state, "given_up"));
    }
  }
}

/** Nobody is to read any more; only what was generated until now matters. */
function decideCancelled(state: ExchangeState, event: ExchangeEvent): Decision {
  const settled = (usage: Usage | undefined): Decision => ({
    state: { ...state, phase: "failed" },
    effects: [{ type: "settle", status: "cancelled", usage, error: state.cutBy }],
  });
  switch (event.type) {
    case "end":
      return settled(event.usage);
    case "fail":
    case "lost":
      return settled(undefined);
    case "deadline":
      return event.deadline === "cancelledUsage" ? settled(undefined) : { state, effects: [] };
    case "accepted":
    case "firstDelta":
    case "refused":
    case "clientGone":
    case "revoked":
      return { state, effects: [] };
  }
}

function retryOrGiveUp(state: ExchangeState, error: TeraError, first: ExchangeEffect[], mayRetry: MayRetry): Decision {
  const possible = !state.sent && error.retryable && state.attempt < attemptsMax;
  if (!possible || !mayRetry()) return giveUp(state, error, first);
  return {
    state: {
      phase: "queued",
      attempt: state.attempt + 1,
      workerId: undefined,
      runnerId: undefined,
      sent: false,
      attemptsAccepted: state.attemptsAccepted,
      failedAttempts: withFailure(state, error),
      cutBy: undefined,
    },
    effects: [...first, { type: "enqueue" }],
  };
}

/** The client is told why; what was generated is charged as when it leaves. */
function cutShort(state: ExchangeState, error: TeraError): Decision {
  return {
    state: { ...state, phase: "cancelled", cutBy: error },
    effects: [...cancelAttempt(state, "client"), { type: "answerError", error }],
  };
}

function giveUp(state: ExchangeState, error: TeraError, first: ExchangeEffect[]): Decision {
  return {
    state: { ...state, phase: "failed", failedAttempts: withFailure(state, error) },
    effects: [...first, { type: "answerError", error }, { type: "settle", status: "failed", usage: undefined, error }],
  };
}

/** An attempt that no worker had accepted is nobody's failure. */
function withFailure(state: ExchangeState, { code }: TeraError): readonly FailedAttempt[] {
  const { attempt, workerId, runnerId } = state;
  return workerId === undefined
    ? state.failedAttempts
    : [...state.failedAttempts, { attempt, workerId, runnerId, code }];
}

function cancelAttempt(state: ExchangeState, reason: CancelReason): ExchangeEffect[] {
  return state.workerId === undefined
    ? []
    : [{ type: "cancelAttempt", workerId: state.workerId, attempt: state.attempt, reason }];
}

function deadlineError(deadline: Deadline): TeraError {
  switch (deadline) {
    case "queueWait":
      return new TeraError("queue_wait_timeout", "No replica became free in time. Try again later.", {
        retryAfterS: 5,
      });
    case "replica":
      return new TeraError("no_replica", "No replica of this model is ready right now. Try again shortly.", {
        retryAfterS: 5,
      });
    case "firstToken":
      return new TeraError("first_token_timeout", "The model did not begin to answer in time. Try again.");
    case "betweenTokens":
      return new TeraError("between_tokens_timeout", "The model stopped answering. Try again.");
    case "total":
    case "cancelledUsage":
      return new TeraError("total_timeout", "The answer took longer than a request may. Ask for fewer tokens.");
  }
}
