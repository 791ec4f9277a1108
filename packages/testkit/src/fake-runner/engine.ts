/**
 * The fake engine: a batching loop. One timer steps all running sequences together, as continuous batching does; requests beyond the
 * slots wait in order.
 *
 * A request waits -> runs (prefill until `ttftMs` have passed, then a token per step) -> ends. The loop sleeps when nothing runs.
 */

/** `blocked`: its reader is behind, nothing was generated. */
export type StepResult = "advanced" | "blocked" | "finished";

/** One request, with all its choices. */
export interface Sequence {
  /** Hot path: called once per engine step. */
  step(): StepResult;
  /** It left the queue and has a slot. */
  started(): void;
}

export interface EngineTiming {
  readonly ttftMs: number;
  readonly msPerToken: number;
  readonly slots: number;
}

export interface Engine {
  readonly running: number;
  readonly waiting: number;
  /** @returns a function that takes the sequence out, wherever it is; harmless after its end. */
  submit(sequence: Sequence): () => void;
  /** The timing changed: applies it to what waits. */
  reconsider(): void;
  /** Drops everything. */
  stop(): void;
}

interface Entry {
  sequence: Sequence;
  /** Milliseconds of `performance.now()`. */
  readyAtMs: number;
  gone: boolean;
}

/** When every reader is behind, an engine without delays looks again after this long instead of spinning. */
const blockedPauseMs = 2;

/** @param timing read anew at each use: it may change while sequences run. */
export function createEngine(timing: () => EngineTiming): Engine {
  let running: Entry[] = [];
  let waiting: Entry[] = [];
  let decoding = false;
  let lastStepMs = 0;
  let dueMs = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;

  function unschedule(): void {
    clearTimeout(timer);
    clearImmediate(immediate);
    timer = undefined;
    immediate = undefined;
    dueMs = Number.POSITIVE_INFINITY;
  }

  function schedule(atMs: number): void {
    if (atMs >= dueMs) return;
    unschedule();
    dueMs = atMs;
    const delayMs = atMs - performance.now();
    // setTimeout knows whole milliseconds only and never less than one.
    if (delayMs < 0.5) immediate = setImmediate(step);
    else timer = setTimeout(step, delayMs);
  }

  function admit(): void {
    const { slots, ttftMs } = timing();
    const nowMs = performance.now();
    while (running.length < slots) {
      const entry = waiting.shift();
      if (entry === undefined) break;
      entry.readyAtMs = nowMs + ttftMs;
      running.push(entry);
      entry.sequence.started();
    }
    if (decoding) return;
    for (const entry of running) schedule(entry.readyAtMs);
  }

  function step(): void {
    timer = undefined;
    immediate = undefined;
    const dueAtMs = dueMs;
    dueMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    let advanced = false;
    let anyDecodes = false;
    let anyLeft = false;
    for (const entry of running) {
      if (entry.gone) {
        anyLeft = true;
      } else if (entry.readyAtMs <= nowMs) {
        const result = entry.sequence.step();
        if (result !== "blocked") advanced = true;
        if (result === "finished") {
          entry.gone = true;
          anyLeft = true;
        } else {
          anyDecodes = true;
        }
      }
    }
    if (anyLeft) running = running.filter((entry) => !entry.gone);
    // A step that comes late is not made up for by a shorter next one, beyond one period: an engine does not run backwards.
    const { msPerToken } = timing();
    lastStepMs = Math.max(dueAtMs, nowMs - msPerToken);
    decoding = anyDecodes;
    if (decoding)
      schedule(advanced ? lastStepMs + msPerToken : Math.max(lastStepMs + msPerToken, nowMs + blockedPauseMs));
    admit();
  }

  return {
    get running() {
      return running.length;
    },
    get waiting() {
      return waiting.length;
    },
    submit(sequence) {
      const entry = { sequence, readyAtMs: 0, gone: false };
      waiting.push(entry);
      admit();
      return () => {
        if (entry.gone) return;
        entry.gone = true;
        waiting = waiting.filter((other) => other !== entry);
        running = running.filter((other) => other !== entry);
        if (running.length === 0) {
          decoding = false;
          unschedule();
        }
        admit();
      };
    },
    reconsider: admit,
    stop() {
      running = [];
      waiting = [];
      decoding = false;
      unschedule();
    },
  };
}
