/**
 * The life of a request in the gateway, as a pure state machine: events in, effects out. It is the only place that decides to try again.
 *
 * | phase     | meaning                                             | leaves by                                                             |
 * |-----------|-----------------------------------------------------|-----------------------------------------------------------------------|
 * | queued    | waits in the gateway or on a lane                   | accepted; deadline or refusal -> failed; client gone -> cancelled     |
 * | accepted  | a worker has it, nothing was generated yet          | first delta -> streaming; end -> finished; failure -> queued or failed |
 * | streaming | deltas come; a stream's client already reads them   | end -> finished; failure -> queued or failed; client gone -> cancelled |
 * | cancelled | the client left; the worker's last count is awaited | end, failure or deadline -> settled                                   |
 * | finished, failed | settled                                      |                                                                       |
 *
 * Another attempt is made only while nothing was sent to the client, only for failures that a replica can heal, and `attemptsMax` times at
 * most. Frames of an attempt that was given up are foreign: whoever holds the state compares `attempt` first.
 */
import { TeraError, type Usage } from "@tera/protocol";

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
  /** Runners that failed this request. */
  readonly avoidRunners: readonly string[];
}

export type Deadline = "queueWait" | "firstToken" | "betweenTokens" | "total" | "cancelledUsage";

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
  | { type: "deadline"; deadline: Deadline };

export type ExchangeEffect =
  /** Put (again) on a lane, under the new attempt number. */
  | { type: "enqueue" }
  /** Take off the lane or out of the gateway's queue. */
  | { type: "withdraw" }
  /** Tell the worker to stop this attempt. */
  | { type: "cancelAttempt"; workerId: string; attempt: number }
  | { type: "answerEnd"; usage: Usage }
  | { type: "answerError"; error: TeraError }
  /** Undefined: what was counted here. */
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
  avoidRunners: [],
};

export function decide(state: ExchangeState, event: ExchangeEvent): Decision {
  switch (state.phase) {
    case "queued":
      return decideQueued(state, event);
    case "accepted":
    case "streaming":
      return decideRunning(state, event);
    case "cancelled":
      return decideCancelled(state, event);
    case "finished":
    case "failed":
      return { state, effects: [] };
  }
}

function decideQueued(state: ExchangeState, event: ExchangeEvent): Decision {
  switch (event.type) {
    case "accepted":
      return {
        state: { ...state, phase: "accepted", workerId: event.workerId, runnerId: event.runnerId },
        effects: [],
      };
    case "clientGone":
      return {
        state: { ...state, phase: "failed" },
        effects: [{ type: "withdraw" }, { type: "settle", status: "cancelled", usage: undefined, error: undefined }],
      };
    case "deadline":
      return giveUp(state, deadlineError(event.deadline), [{ type: "withdraw" }]);
    case "refused":
    case "fail":
    case "lost":
      return giveUp(state, event.error, []);
    case "firstDelta":
    case "end":
      return { state, effects: [] };
  }
}

function decideRunning(state: ExchangeState, event: ExchangeEvent): Decision {
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
      return retryOrGiveUp(state, event.error, []);
    case "lost":
      return retryOrGiveUp(state, event.error, cancelAttempt(state));
    case "refused":
      return giveUp(state, event.error, cancelAttempt(state));
    case "clientGone":
      return { state: { ...state, phase: "cancelled" }, effects: cancelAttempt(state) };
    case "deadline":
      return event.deadline === "total"
        ? giveUp(state, deadlineError(event.deadline), cancelAttempt(state))
        : retryOrGiveUp(state, deadlineError(event.deadline), cancelAttempt(state));
  }
}

/** Nobody reads any more; only what was generated until now matters. */
function decideCancelled(state: ExchangeState, event: ExchangeEvent): Decision {
  const settled = (usage: Usage | undefined): Decision => ({
    state: { ...state, phase: "failed" },
    effects: [{ type: "settle", status: "cancelled", usage, error: undefined }],
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
      return { state, effects: [] };
  }
}

function retryOrGiveUp(state: ExchangeState, error: TeraError, first: ExchangeEffect[]): Decision {
  if (state.sent || !error.retryable || state.attempt >= attemptsMax) return giveUp(state, error, first);
  const avoidRunners = state.runnerId === undefined ? state.avoidRunners : [...state.avoidRunners, state.runnerId];
  return {
    state: {
      phase: "queued",
      attempt: state.attempt + 1,
      workerId: undefined,
      runnerId: undefined,
      sent: false,
      avoidRunners,
    },
    effects: [...first, { type: "enqueue" }],
  };
}

function giveUp(state: ExchangeState, error: TeraError, first: ExchangeEffect[]): Decision {
  return {
    state: { ...state, phase: "failed" },
    effects: [...first, { type: "answerError", error }, { type: "settle", status: "failed", usage: undefined, error }],
  };
}

function cancelAttempt(state: ExchangeState): ExchangeEffect[] {
  return state.workerId === undefined
    ? []
    : [{ type: "cancelAttempt", workerId: state.workerId, attempt: state.attempt }];
}

function deadlineError(deadline: Deadline): TeraError {
  switch (deadline) {
    case "queueWait":
      return new TeraError("queue_wait_timeout", "No replica became free in time. Try again later.", {
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
