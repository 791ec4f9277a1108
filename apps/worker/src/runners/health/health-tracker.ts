/**
 * Watches one runner: learns from what its generations come to, runs canaries when it has been silent, and lays what follows (see rotation.ts) over the
 * runner's own state.
 *
 * Silence is measured over the whole runner, not per request: while any of its streams moves, the engine lives, however long another one waits. An
 * engine that computes a long prompt is silent by right, so the prompt's length buys it time.
 */
import type { GenerationRequest, RunnerState } from "@tera/protocol";
import type { Runner, RunnerLog } from "../runner.ts";
import { describeFailure, isOverload, runCanary } from "./canary.ts";
import { decideRotation, initialRotation, type RotationEvent } from "./rotation.ts";

/** With work open: silence that raises suspicion. Without: how often an idle engine is asked. */
const silenceMaxMs = 5_000;
const idleCanaryEveryMs = 30_000;
/** With the silence before it, a dead engine is out within ten seconds. */
const canaryTimeoutMs = 4_000;
/** The first generation may compile graphs. */
const warmUpTimeoutMs = 600_000;
/** A trial that meets no request ends by a second canary. */
const trialIdleMs = 1_000;
/** What any engine manages to read of a prompt. */
const promptCharactersPerMs = 4;

export type AttemptOutcome =
  | { type: "succeeded" }
  /** The client's fault, or the client left: says nothing about the runner. */
  | { type: "neutral" }
  | { type: "failed"; error: unknown }
  /** The gateway gave it up because a deadline ran out. */
  | { type: "tooSlow" };

export interface AttemptWatch {
  /** Hot path: something was generated. */
  alive(): void;
  ended(outcome: AttemptOutcome): void;
}

export interface HealthTracker {
  /** The runner's state with ours laid over it. */
  readonly state: RunnerState;
  readonly reason: string | undefined;
  /** @param abandon called when the engine was found dead while this attempt waited for it: it should be tried elsewhere. */
  watch(request: GenerationRequest, abandon: () => void): AttemptWatch;
  /** To be called when the runner's own state may have changed. */
  runnerChanged(): void;
  /** To be called several times a second. */
  tick(): void;
  stop(): void;
}

export interface HealthTrackerOptions {
  runner: Runner;
  /** Whether another replica of one of the runner's models takes jobs, on this worker or another. */
  othersReady(runner: Runner): Promise<boolean>;
  /** The state changed: gateways should hear of it. */
  onChange(): void;
  log: RunnerLog;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

interface OpenAttempt {
  request: GenerationRequest;
  /** Counted when it is first asked for. */
  promptCharacters: number | undefined;
  startedAtMs: number;
  /** Of its last delta, or its start. */
  lastSignMs: number;
  abandon(): void;
}

export function createHealthTracker(options: HealthTrackerOptions): HealthTracker {
  const { runner, othersReady, onChange, log, now = Date.now } = options;
  const attempts = new Set<OpenAttempt>();
  const stopping = new AbortController();
  let rotation = initialRotation;
  let canary: { startedAtMs: number; abort: AbortController } | undefined;
  /** The engine's last sign of life: a delta, an end, a canary that passed. */
  let lastSignMs = now();
  /** When lateness last was a reason to look closer. */
  let suspectedAtMs = 0;

  function apply(event: RotationEvent): void {
    const before = rotation;
    rotation = decideRotation(before, event, now());
    if (rotation.phase === before.phase) return;
    log.info(
      { runner: runner.id, from: before.phase, to: rotation.phase, reason: rotation.reason },
      "rotation changed",
    );
    onChange();
  }

  function runnerChanged(): void {
    const ready = runner.status().state === "ready";
    if (ready && rotation.phase === "off") {
      apply({ type: "up" });
      tick();
    } else if (!ready && rotation.phase !== "off") {
      canary?.abort.abort();
      canary = undefined;
      apply({ type: "down" });
    }
  }

  function tick(): void {
    if (stopping.signal.aborted || canary !== undefined || !canaryIsDue()) return;
    suspectedAtMs = now();
    const model = runner.canaryModel();
    if (model === undefined) return decideWithoutCanary();
    const startedAtMs = now();
    const abort = new AbortController();
    canary = { startedAtMs, abort };
    const timeoutMs = (rotation.phase === "warming" ? warmUpTimeoutMs : canaryTimeoutMs) + promptAllowanceMs();
    const signal = AbortSignal.any([abort.signal, stopping.signal]);
    runCanary(runner, model, { timeoutMs, signal })
      .then(async (result) => {
        const alone = result.type === "slow" && (await isAlone());
        if (signal.aborted) return;
        canary = undefined;
        if (result.type === "passed") {
          lastSignMs = now();
          apply({ type: "canaryPassed" });
        } else if (result.type === "failed") {
          apply({ type: "canaryFailed", why: result.why });
        } else if (rotation.phase !== "in" || lastSignMs < startedAtMs) {
          // Had it answered others meanwhile, it would be busy, not dead.
          apply({ type: "canaryTooSlow", why: result.why, alone });
          if (!alone) abandonSilent(startedAtMs);
        }
      })
      .catch((error: unknown) =>
        log.error({ runner: runner.id, reason: describeFailure(error) }, "a canary went wrong"),
      );
  }

  /** None may be run: its pages are the only witness, and the next request is the trial. */
  function decideWithoutCanary(): void {
    if (!runner.isLate?.()) {
      if (rotation.phase === "warming" || rotation.phase === "ejected") apply({ type: "canaryPassed" });
    } else if (rotation.phase === "in") {
      const why = "its pages do not answer in time";
      void isAlone().then((alone) => apply({ type: "canaryTooSlow", why, alone }));
    }
  }

  function canaryIsDue(): boolean {
    const nowMs = now();
    switch (rotation.phase) {
      case "off":
        return false;
      case "warming":
        return nowMs >= rotation.retryAtMs;
      case "ejected":
        if (nowMs < rotation.retryAtMs) return false;
        reinstateIfAlone();
        return true;
      case "trial":
        return attempts.size === 0 && nowMs - lastSignMs >= trialIdleMs;
      case "in": {
        if (runner.isLate?.() && nowMs - Math.max(lastSignMs, suspectedAtMs) >= silenceMaxMs) return true;
        if (attempts.size === 0) return nowMs - lastSignMs >= idleCanaryEveryMs;
        const silentMs = nowMs - Math.max(lastSignMs, oldestStartMs());
        return silentMs >= silenceMaxMs && silentMs >= silenceMaxMs + promptAllowanceMs();
      }
    }
  }

  /** Where nobody knows (Redis is away), the runner counts as the last one. */
  function isAlone(): Promise<boolean> {
    return othersReady(runner).then(
      (others) => !others,
      () => true,
    );
  }

  function reinstateIfAlone(): void {
    if (!rotation.slow) return;
    void isAlone().then((alone) => {
      if (alone && !stopping.signal.aborted) apply({ type: "foundAlone" });
    });
  }

  function oldestStartMs(): number {
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const { startedAtMs } of attempts) oldestMs = Math.min(oldestMs, startedAtMs);
    return oldestMs;
  }

  /** Milliseconds that the prompts which have no first token yet may take to be read. */
  function promptAllowanceMs(): number {
    let characters = 0;
    for (const attempt of attempts) {
      if (attempt.lastSignMs !== attempt.startedAtMs) continue;
      attempt.promptCharacters ??= countPromptCharacters(attempt.request);
      characters += attempt.promptCharacters;
    }
    return characters / promptCharactersPerMs;
  }

  function abandonSilent(sinceMs: number): void {
    for (const attempt of attempts) if (attempt.lastSignMs <= sinceMs) attempt.abandon();
  }

  function learn(outcome: AttemptOutcome): void {
    switch (outcome.type) {
      case "succeeded":
        lastSignMs = now();
        return apply({ type: "succeeded" });
      case "failed":
        if (isOverload(outcome.error)) return learnSlowness(describeFailure(outcome.error));
        return apply({ type: "failed", why: describeFailure(outcome.error) });
      case "tooSlow":
        return learnSlowness("it did not answer before a deadline");
      case "neutral":
        return;
    }
  }

  function learnSlowness(why: string): void {
    void isAlone().then((alone) => apply({ type: "tooSlow", why, alone }));
  }

  function reason(): string | undefined {
    const own = runner.status();
    if (own.state !== "ready") return own.reason;
    switch (rotation.phase) {
      case "off":
      case "warming":
        if (rotation.reason !== undefined) return rotation.reason;
        return "a first small generation is under way; it takes requests after that";
      case "ejected":
        return `${rotation.reason}; a small generation is tried again every few seconds`;
      case "trial":
        return "it answers again; in rotation after its next answer";
      case "in":
        return own.reason;
    }
  }

  return {
    get state() {
      const own = runner.status().state;
      if (own !== "ready") return own;
      switch (rotation.phase) {
        case "off":
          return "warming";
        case "in":
          return "ready";
        default:
          return rotation.phase;
      }
    },
    get reason() {
      return reason();
    },
    watch(request, abandon) {
      const startedAtMs = now();
      const attempt = { request, promptCharacters: undefined, startedAtMs, lastSignMs: startedAtMs, abandon };
      attempts.add(attempt);
      return {
        alive() {
          attempt.lastSignMs = now();
          lastSignMs = attempt.lastSignMs;
        },
        ended(outcome) {
          if (attempts.delete(attempt)) learn(outcome);
        },
      };
    },
    runnerChanged,
    tick,
    stop() {
      stopping.abort();
    },
  };
}

/** About as many as the prompt has; only for attempts that are silent. */
function countPromptCharacters(request: GenerationRequest): number {
  switch (request.kind) {
    case "chat":
      return JSON.stringify(request.messages).length;
    case "completion":
      return JSON.stringify(request.prompts).length;
    case "speech":
      return request.input.length;
  }
}
