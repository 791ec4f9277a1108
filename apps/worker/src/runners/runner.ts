/**
 * `Runner`: what the worker knows of anything that generates. Each kind (http, llama, process) implements it; quirks of an engine stay
 * inside.
 *
 * A runner owns its state (see `RunnerState` in the protocol for the table; it writes starting, ready, unhealthy and stopped) and tells of each
 * change through `onChange`. Whether a ready runner really gets jobs is the health tracker's part (health/).
 */

import type { Delta, GenerationRequest, RunnerStatus, ServedModel, Usage } from "@tera/protocol";
import type { RunnerCount } from "./counts/count-watch.ts";
import type { LineGuard } from "./http/line-guard.ts";

/** One attempt at one request. */
export interface GenerationTask {
  requestId: string;
  request: GenerationRequest;
  /** Fires when nobody wants the answer any more. */
  signal: AbortSignal;
  /** The worker's own small generation: nobody's request. */
  isCanary?: boolean;
  /**
   * Hot path. Told what was used so far, after the deltas that it counts: the engine's own counts where it counts as it goes, else our own, once an answer has begun. Text only.
   */
  onUsage?: (usage: Usage) => void;
}

/** Hot path: called per delta, synchronously, never after `generate` has settled. */
export type DeltaSink = (delta: Delta) => void;

export interface Runner {
  readonly id: string;
  /** A fresh snapshot for the heartbeat. */
  status(): RunnerStatus;
  /** Begins to attach or load; returns at once. What becomes of it is seen in `status`. */
  start(): void;
  /**
   * Generates to the end. The caller never has more than `slots` of these open.
   *
   * When `task.signal` fires, the engine is told to stop, and the promise resolves with what was generated until then; it does so
   * within a second. One delta per choice carries the finish reason, except when cancelled.
   *
   * @returns the engine's own counts where it has them.
   * @throws {TeraError} with a message that a client may see; `retryable` says whether another replica can help.
   */
  generate(task: GenerationTask, sink: DeltaSink): Promise<Usage>;
  /**
   * The model that a tiny canary generation may use now. Undefined: none may be run, because it would load a model that nobody asked for, cost
   * money, or prove nothing.
   */
  canaryModel(): ServedModel | undefined;
  /** It is ready and was too slow to say so when it was last asked: it is busy, or dead. Absent: it is never asked. */
  isLate?(): boolean;
  /** How many lines of batches its engine has room for, as the engine tells. Absent, or undefined: as many as there are slots. */
  lineGuard?(): LineGuard | undefined;
  /** The last lines that its engine wrote, oldest first, bounded. Absent: the worker does not see what it writes. */
  logLines?(): readonly string[];
  /** Ends what runs and frees everything. Idempotent; resolves within 3 s, or soon after a server's own `stopTimeoutSeconds`. */
  stop(): Promise<void>;
}

export interface RunnerDependencies {
  log: RunnerLog;
  /** The status changed in a way that gateways should hear of before the next heartbeat. */
  onChange(): void;
  /** What the engine's own counters say, once a minute. Absent: nobody compares. */
  onCounted?: ((count: RunnerCount) => void) | undefined;
}

/** The part of a pino logger that runners use. */
export interface RunnerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
