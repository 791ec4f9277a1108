/**
 * Whether a runner gets jobs, as a pure state machine: what was seen of it in, the next state out.
 *
 * | phase   | meaning                                              | leaves by                                                          |
 * |---------|------------------------------------------------------|--------------------------------------------------------------------|
 * | off     | the runner itself is not ready                       | up -> warming                                                      |
 * | warming | a first generation is under way, or waits for a retry | canary passed -> in; down -> off                                   |
 * | in      | in rotation                                          | failures -> ejected; down -> off                                   |
 * | ejected | gets nothing; a canary is tried after each pause     | canary passed -> trial; alone and merely slow -> in; down -> off   |
 * | trial   | half-open: gets one job at a time                    | success -> in; failure -> ejected, with a longer pause; down -> off |
 *
 * Slowness (a canary or a deadline that ran out, an engine that has no room) ejects only while another replica can take over: a slow answer is better than none. An error ejects
 * in any case: a fast refusal is better than a failure.
 */

export interface RotationState {
  readonly phase: "off" | "warming" | "in" | "ejected" | "trial";
  /** Failures in a row. */
  readonly failures: number;
  /** The last outcomes, newest first, one bit each: 1 is a failure. */
  readonly history: number;
  /** Ejections without a lasting return: the pause grows with them. */
  readonly ejections: number;
  /** Ejected or warming after a failure: the next canary. Epoch milliseconds. */
  readonly retryAtMs: number;
  /** Why it is out of rotation. */
  readonly reason: string | undefined;
  /** It was ejected for slowness alone. */
  readonly slow: boolean;
}

export type RotationEvent =
  | { type: "up" }
  | { type: "down" }
  /** A generation came to its end. */
  | { type: "succeeded" }
  /** A generation failed through the runner's fault. */
  | { type: "failed"; why: string }
  /** A deadline of the gateway ran out, or the engine had no room. `alone`: no other replica of its models takes jobs. */
  | { type: "tooSlow"; why: string; alone: boolean }
  | { type: "canaryPassed" }
  | { type: "canaryFailed"; why: string }
  | { type: "canaryTooSlow"; why: string; alone: boolean }
  /** Asked before each new canary of an ejected runner. */
  | { type: "foundAlone" };

/** Failures in a row that eject. */
const failuresMax = 3;
/** An engine that fails now and then is ejected when half of its last outcomes were failures. */
const historyLength = 20;
const historyFailuresMax = 10;
/** Short, so that a healed runner is back within seconds; a canary is cheap. */
const pausesMs = [1_000, 2_000, 3_000] as const;

export const initialRotation: RotationState = {
  phase: "off",
  failures: 0,
  history: 0,
  ejections: 0,
  retryAtMs: 0,
  reason: undefined,
  slow: false,
};

export function decideRotation(state: RotationState, event: RotationEvent, nowMs: number): RotationState {
  if (event.type === "down") return initialRotation;
  switch (state.phase) {
    case "off":
      return event.type === "up" ? { ...initialRotation, phase: "warming" } : state;
    case "warming":
      return decideWarming(state, event, nowMs);
    case "in":
      return decideIn(state, event, nowMs);
    case "ejected":
      return decideEjected(state, event, nowMs);
    case "trial":
      return decideTrial(state, event, nowMs);
  }
}

function decideWarming(state: RotationState, event: RotationEvent, nowMs: number): RotationState {
  switch (event.type) {
    case "canaryPassed":
      return { ...initialRotation, phase: "in" };
    case "canaryFailed":
    case "canaryTooSlow": {
      const reason = `its first generation failed: ${event.why}`;
      return { ...state, ejections: state.ejections + 1, retryAtMs: nowMs + pauseMs(state.ejections), reason };
    }
    default:
      return state;
  }
}

function decideIn(state: RotationState, event: RotationEvent, nowMs: number): RotationState {
  switch (event.type) {
    case "succeeded":
    case "canaryPassed":
      return { ...state, failures: 0, ejections: 0, history: remember(state.history, 0) };
    case "failed":
    case "canaryFailed":
      return countFailure(state, event.why, false, nowMs);
    case "tooSlow":
      return event.alone ? state : countFailure(state, event.why, true, nowMs);
    case "canaryTooSlow":
      // It has waited long enough: a dead engine fails all that it gets.
      return event.alone ? state : eject(state, event.why, true, nowMs);
    default:
      return state;
  }
}

function countFailure(state: RotationState, why: string, slow: boolean, nowMs: number): RotationState {
  const failures = state.failures + 1;
  const history = remember(state.history, 1);
  const counted = { ...state, failures, history, slow: slow && (state.failures === 0 || state.slow) };
  if (failures >= failuresMax)
    return eject(counted, `${failures} failures in a row, the last: ${why}`, counted.slow, nowMs);
  if (countBits(history) < historyFailuresMax) return counted;
  return eject(
    counted,
    `${historyFailuresMax} of the last ${historyLength} generations failed, the last: ${why}`,
    false,
    nowMs,
  );
}

function decideEjected(state: RotationState, event: RotationEvent, nowMs: number): RotationState {
  switch (event.type) {
    case "canaryPassed":
      return { ...state, phase: "trial", failures: 0, history: 0 };
    case "canaryFailed":
      return eject(state, event.why, false, nowMs);
    case "canaryTooSlow":
      return eject(state, event.why, state.slow, nowMs);
    case "foundAlone":
      return state.slow ? { ...initialRotation, phase: "in", ejections: state.ejections } : state;
    default:
      // What was under way when it was ejected says nothing new.
      return state;
  }
}

function decideTrial(state: RotationState, event: RotationEvent, nowMs: number): RotationState {
  switch (event.type) {
    case "succeeded":
    case "canaryPassed":
      return { ...initialRotation, phase: "in", ejections: state.ejections };
    case "failed":
    case "canaryFailed":
      return eject(state, event.why, false, nowMs);
    case "tooSlow":
    case "canaryTooSlow":
      return eject(state, event.why, true, nowMs);
    default:
      return state;
  }
}

function eject(state: RotationState, why: string, slow: boolean, nowMs: number): RotationState {
  return {
    phase: "ejected",
    failures: 0,
    history: 0,
    ejections: state.ejections + 1,
    retryAtMs: nowMs + pauseMs(state.ejections),
    reason: why,
    slow,
  };
}

function pauseMs(ejectionsBefore: number): number {
  return pausesMs[Math.min(ejectionsBefore, pausesMs.length - 1)] ?? pausesMs[0];
}

function remember(history: number, outcome: 0 | 1): number {
  return ((history << 1) | outcome) & ((1 << historyLength) - 1);
}

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
