/**
 * The life of a server that the worker starts itself, as a pure state machine: events in, effects out. The process runner owns the state and
 * is its only writer; it carries the effects out and tells what became of them.
 *
 * | phase     | meaning                                                   | leaves by                                                                |
 * |-----------|-----------------------------------------------------------|--------------------------------------------------------------------------|
 * | idle      | nothing was started yet                                   | start -> launching                                                       |
 * | launching | a port is found, the process is made                      | launched -> starting; launchFailed -> pausing                            |
 * | starting  | the process runs and does not answer well yet             | healthy -> serving; exited or too long -> ending                         |
 * | serving   | it answers: traffic goes to it                            | silent -> silent; exited -> ending                                       |
 * | silent    | it answered before, runs still, and does not answer now   | healthy -> serving; exited or too long -> ending                         |
 * | ending    | all its processes are made to end                         | ended -> pausing                                                         |
 * | pausing   | the next start waits, longer after each failure in a row  | time up -> launching                                                     |
 * | stopping  | as ending, for good                                       | ended -> stopped                                                         |
 * | stopped   | will not come back                                        |                                                                          |
 *
 * `stop` leads from every phase to stopping, or to stopped where nothing runs. A server is launched only when nothing is left of the one before:
 * two would fight over a port and a GPU's memory. It is started again for ever: what keeps it from starting (a GPU in use, a download that
 * failed, a program not yet installed) often goes away by itself, and the pause is bounded.
 */

export type ProcessPhase =
  | "idle"
  | "launching"
  | "starting"
  | "serving"
  | "silent"
  | "ending"
  | "pausing"
  | "stopping"
  | "stopped";

export interface ProcessState {
  readonly phase: ProcessPhase;
  /** When this phase began. Milliseconds of a monotonic clock, as every time here. */
  readonly sinceMs: number;
  /** Failures in a row; one after it ran well for a while is the first again. */
  readonly failures: number;
  /** When this process first answered well. */
  readonly servingSinceMs: number | undefined;
  /** What the last failure was, in words for the operator; undefined once it serves again. */
  readonly problem: string | undefined;
}

export type ProcessEvent = { readonly nowMs: number } & (
  | { type: "start" }
  | { type: "launched" }
  /** There is no process. */
  | { type: "launchFailed"; problem: string }
  | { type: "healthy" }
  | { type: "silent" }
  /** The server itself is gone; processes that it started may not be. */
  | { type: "exited"; problem: string }
  /** The phase lasted as long as `phaseLimitMs` allows. */
  | { type: "timeUp"; problem: string }
  /** Nothing is left of it. */
  | { type: "ended" }
  | { type: "stop" }
);

export type ProcessEffect = "launch" | "end";

export interface ProcessDecision {
  state: ProcessState;
  effect: ProcessEffect | undefined;
}

export const pauseFirstMs = 500;
export const pauseMaxMs = 60_000;
/** Served for this long: what fails now has nothing to do with the failures before. */
export const stableAfterMs = 60_000;
/** A process that runs and does not answer for this long hangs. */
export const silentMaxMs = 60_000;

export const initialProcessState: ProcessState = {
  phase: "idle",
  sinceMs: 0,
  failures: 0,
  servingSinceMs: undefined,
  problem: undefined,
};

export function decideProcess(state: ProcessState, event: ProcessEvent): ProcessDecision {
  if (event.type === "stop") return decideStop(state, event.nowMs);
  switch (state.phase) {
    case "idle":
      return event.type === "start" ? launch(state, event.nowMs) : stay(state);
    case "launching":
      if (event.type === "launched") return enter(state, "starting", event.nowMs);
      if (event.type === "launchFailed")
        return enter(failed(state, event.nowMs, event.problem), "pausing", event.nowMs);
      return stay(state);
    case "starting":
    case "serving":
    case "silent":
      return decideRunning(state, event);
    case "ending":
      return event.type === "ended" ? enter(state, "pausing", event.nowMs) : stay(state);
    case "pausing":
      return event.type === "timeUp" ? launch(state, event.nowMs) : stay(state);
    case "stopping":
      return event.type === "ended" ? enter(state, "stopped", event.nowMs) : stay(state);
    case "stopped":
      return stay(state);
  }
}

/** How long the phase may last until `timeUp`; undefined: as long as it takes. */
export function phaseLimitMs({ phase, failures }: ProcessState, startTimeoutMs: number): number | undefined {
  switch (phase) {
    case "starting":
      return startTimeoutMs;
    case "silent":
      return silentMaxMs;
    case "pausing":
      return Math.min(pauseFirstMs * 2 ** (failures - 1), pauseMaxMs);
    default:
      return undefined;
  }
}

function decideRunning(state: ProcessState, event: ProcessEvent): ProcessDecision {
  switch (event.type) {
    case "healthy": {
      if (state.phase === "serving") return stay(state);
      const servingSinceMs = state.servingSinceMs ?? event.nowMs;
      return enter({ ...state, servingSinceMs, problem: undefined }, "serving", event.nowMs);
    }
    case "silent":
      return state.phase === "serving" ? enter(state, "silent", event.nowMs) : stay(state);
    case "exited":
    case "timeUp":
      return enter(failed(state, event.nowMs, event.problem), "ending", event.nowMs, "end");
    default:
      return stay(state);
  }
}

function decideStop(state: ProcessState, nowMs: number): ProcessDecision {
  switch (state.phase) {
    case "idle":
    case "pausing":
      return enter(state, "stopped", nowMs);
    case "launching":
    case "starting":
    case "serving":
    case "silent":
      return enter(state, "stopping", nowMs, "end");
    case "ending":
      return enter(state, "stopping", nowMs);
    case "stopping":
    case "stopped":
      return stay(state);
  }
}

function failed(state: ProcessState, nowMs: number, problem: string): ProcessState {
  const wasStable = state.servingSinceMs !== undefined && nowMs - state.servingSinceMs >= stableAfterMs;
  return { ...state, failures: wasStable ? 1 : state.failures + 1, servingSinceMs: undefined, problem };
}

function launch(state: ProcessState, nowMs: number): ProcessDecision {
  return enter(state, "launching", nowMs, "launch");
}

function enter(state: ProcessState, phase: ProcessPhase, nowMs: number, effect?: ProcessEffect): ProcessDecision {
  return { state: { ...state, phase, sinceMs: nowMs }, effect };
}

function stay(state: ProcessState): ProcessDecision {
  return { state, effect: undefined };
}
