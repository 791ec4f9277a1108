/**
 * One attempt's voice: turns what a runner yields into frames, numbers them, and hands them to the reply publisher.
 *
 * Deltas of one event-loop turn share a frame. Counts are said only where the gateway would not come to them by itself: with an engine that streams token by token, once.
 */
import {
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
  job: Pick<Job, "requestId" | "attempt" | "gatewayId">,
  publisher: ReplyPublisher,
): AttemptVoice {
  const { requestId, attempt, gatewayId } = job;
  let seq = 0;
  let openFrame: DeltaFrame | undefined;
  let openInTurn = -1;
  /** What the gateway knows: what it was told, and its own count since. Until the turn ends it is a part of the frame that tells it. */
  let known: Usage | undefined;

  function frameOfTurn(): DeltaFrame {
    if (openFrame !== undefined && openInTurn === publisher.turn) return openFrame;
    openFrame = { type: "delta", requestId, attempt, seq: seq++, deltas: [] };
    openInTurn = publisher.turn;
    publisher.push(gatewayId, openFrame);
    return openFrame;
  }

  return {
    accepted(workerId, runnerId) {
      publisher.push(gatewayId, { type: "accepted", requestId, attempt, seq: seq++, workerId, runnerId });
    },
    delta(delta) {
      frameOfTurn().deltas.push(delta);
      if (known !== undefined) countDelta(known, delta);
    },
    counted(usage) {
      if (known !== undefined && isSameUsage(known, usage)) return;
      known = { ...usage };
      frameOfTurn().usage = known;
    },
    last(frame, usage) {
      publisher.pushLast(gatewayId, { ...frame, requestId, attempt, seq: seq++ }, usage);
    },
  };
}
