/**
 * One attempt's voice: turns what a runner yields into frames, numbers them, and hands them to the reply publisher.
 *
 * Deltas of one event-loop turn share a frame. Counts are said only where the gateway would not come to them by itself: with an engine that streams token by token, once.
 *
 * Of a line of a batch nobody reads along, and until its end nothing is charged: what comes within a second of the last frame waits for the next one. A step of an engine full of
 * lines would else be as many frames, and a live request's first token comes in that very step, behind them.
 */
import {
  batchFrameEveryMs,
  countDelta,
  type Delta,
  type DeltaFrame,
  type Frame,
  isSameUsage,
  type Job,
  type Usage,
  type UsageRecord,
} from "@tera/protocol";
import type { ReplyPublisher } from "@tera/queue";

type WithoutHead<F> = F extends Frame ? Omit<F, "requestId" | "attempt" | "seq"> : never;

export interface AttemptVoice {
  accepted(workerId: string, runnerId: string): void;
  /** Hot path. */
  delta(delta: Delta): void;
  /** Hot path. What was used so far, with all deltas that were said. */
  counted(usage: Usage): void;
  /** The last word, with the worker's copy of the usage where the attempt ends its request. */
  last(frame: WithoutHead<Extract<Frame, { type: "end" | "fail" }>>, usage: UsageRecord | undefined): void;
}

export function createAttemptVoice(
  job: Pick<Job, "requestId" | "attempt" | "gatewayId" | "laneClass">,
  publisher: ReplyPublisher,
): AttemptVoice {
  const { requestId, attempt, gatewayId } = job;
  const frameEveryMs = job.laneClass === "batch" ? batchFrameEveryMs : 0;
  let seq = 0;
  /** Takes what comes: it waits, or was pushed in this turn. */
  let openFrame: DeltaFrame | undefined;
  /** Undefined: it waits. */
  let pushedInTurn: number | undefined;
  /** When the last frame with deltas was pushed. */
  let pushedAtMs = Number.NEGATIVE_INFINITY;
  /** What the gateway knows: what it was told, and its own count since. Until the turn ends it is a part of the frame that tells it. */
  let known: Usage | undefined;

  function frameToFill(): DeltaFrame {
    if (openFrame !== undefined && (pushedInTurn === undefined || pushedInTurn === publisher.turn)) return openFrame;
    openFrame = { type: "delta", requestId, attempt, seq: seq++, deltas: [] };
    pushedInTurn = undefined;
    return openFrame;
  }

  function pushOpen(): void {
    if (openFrame === undefined || pushedInTurn !== undefined) return;
    publisher.push(gatewayId, openFrame);
    pushedInTurn = publisher.turn;
    if (frameEveryMs > 0 && openFrame.deltas.length > 0) pushedAtMs = performance.now();
  }

  function pushDue(): void {
    if (frameEveryMs === 0 || performance.now() - pushedAtMs >= frameEveryMs) pushOpen();
  }

  return {
    accepted(workerId, runnerId) {
      publisher.push(gatewayId, { type: "accepted", requestId, attempt, seq: seq++, workerId, runnerId });
    },
    delta(delta) {
      frameToFill().deltas.push(delta);
      pushDue();
      if (known !== undefined) countDelta(known, delta);
    },
    counted(usage) {
      if (known !== undefined && isSameUsage(known, usage)) return;
      known = { ...usage };
      frameToFill().usage = known;
      pushDue();
    },
    last(frame, usage) {
      pushOpen();
      publisher.pushLast(gatewayId, { ...frame, requestId, attempt, seq: seq++ }, usage);
    },
  };
}
