/**
 * One attempt's voice: turns what a runner yields into frames, numbers them, and hands them to the reply publisher.
 *
 * Deltas of one event-loop turn share a frame.
 */
import type { Delta, DeltaFrame, Frame, Job, UsageRecord } from "@tera/protocol";
import type { ReplyPublisher } from "@tera/queue";

type WithoutHead<F> = F extends Frame ? Omit<F, "requestId" | "attempt" | "seq"> : never;

export interface AttemptVoice {
  accepted(workerId: string, runnerId: string): void;
  /** Hot path. */
  delta(delta: Delta): void;
  /** The last word, with the worker's copy of the usage. */
  last(frame: WithoutHead<Extract<Frame, { type: "end" | "fail" }>>, usage: UsageRecord): void;
}

export function createAttemptVoice(job: Job, publisher: ReplyPublisher): AttemptVoice {
  const { requestId, attempt, gatewayId } = job;
  let seq = 0;
  let openFrame: DeltaFrame | undefined;
  let openInTurn = -1;

  return {
    accepted(workerId, runnerId) {
      publisher.push(gatewayId, { type: "accepted", requestId, attempt, seq: seq++, workerId, runnerId });
    },
    delta(delta) {
      if (openFrame !== undefined && openInTurn === publisher.turn) {
        openFrame.deltas.push(delta);
        return;
      }
      openFrame = { type: "delta", requestId, attempt, seq: seq++, deltas: [delta] };
      openInTurn = publisher.turn;
      publisher.push(gatewayId, openFrame);
    },
    last(frame, usage) {
      publisher.pushLast(gatewayId, { ...frame, requestId, attempt, seq: seq++ }, usage);
    },
  };
}
