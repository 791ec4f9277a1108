/**
 * The worker's side of the reply streams: one XADD per gateway and event-loop turn, however many requests spoke in it.
 *
 * Frames are collected while the loop handles its sockets and sent in the check phase that follows (`setImmediate`): an engine step of 256
 * sequences becomes one Redis command. A frame that cannot be sent is lost; its gateway notices the gap in the sequence.
 */
import { encodeFrames, type Frame, type UsageRecord } from "@tera/protocol";
import type { Redis, RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";

/** Bounds a stream whose gateway has stopped reading; what is cut off shows as a gap. */
const replyLengthMax = 100_000;
const usageLengthMax = 1_000_000;

interface Outbox {
  frames: Frame[];
  usage: UsageRecord[];
}

export interface ReplyPublisher {
  /** Hot path. Sent at the end of this turn of the event loop. */
  push(gatewayId: string, frame: Frame): void;
  /** The last frame of an attempt, together with the worker's copy of its usage, if there is one: both are written, or neither. */
  pushLast(gatewayId: string, frame: Frame, usage: UsageRecord | undefined): void;
  /** Counts flushes: two frames pushed in the same turn share it, so that a caller can merge deltas into a frame not yet sent. */
  readonly turn: number;
  /** Resolves when all that was pushed has been sent or lost. */
  drain(): Promise<void>;
}

export interface ReplyPublisherOptions {
  redis: Redis;
  /** The gateway's stream does not exist any more: nobody reads what is generated for it. */
  onGatewayGone(gatewayId: string): void;
  log: RedisLog;
}

export function createReplyPublisher({ redis, onGatewayGone, log }: ReplyPublisherOptions): ReplyPublisher {
  let outboxes = new Map<string, Outbox>();
  let scheduled = false;
  let turn = 0;
  const inFlight = new Set<Promise<void>>();

  function outboxOf(gatewayId: string): Outbox {
    let outbox = outboxes.get(gatewayId);
    if (outbox === undefined) {
      outbox = { frames: [], usage: [] };
      outboxes.set(gatewayId, outbox);
    }
    if (!scheduled) {
      scheduled = true;
      setImmediate(flush);
    }
    return outbox;
  }

  function flush(): void {
    const full = outboxes;
    outboxes = new Map();
    scheduled = false;
    turn++;
    for (const [gatewayId, outbox] of full) {
      const sending = send(gatewayId, outbox)
        .then((delivered) => {
          if (!delivered) onGatewayGone(gatewayId);
        })
        .catch((error: Error) =>
          log.warn({ gatewayId, frames: outbox.frames.length, reason: error.message }, "frames were lost"),
        )
        .finally(() => inFlight.delete(sending));
      inFlight.add(sending);
    }
  }

  /** False when the reply stream is gone. The usage copy is written all the same: another gateway settles it. */
  async function send(gatewayId: string, { frames, usage }: Outbox): Promise<boolean> {
    const batch = encodeFrames(frames);
    const key = keys.reply(gatewayId);
    if (usage.length === 0) {
      return (await redis.xadd(key, "NOMKSTREAM", "MAXLEN", "~", replyLengthMax, "*", "frames", batch)) !== null;
    }
    const transaction = redis.multi();
    transaction.xadd(key, "NOMKSTREAM", "MAXLEN", "~", replyLengthMax, "*", "frames", batch);
    for (const record of usage) {
      transaction.xadd(keys.usage(gatewayId), "MAXLEN", "~", usageLengthMax, "*", "usage", JSON.stringify(record));
    }
    const results = await transaction.exec();
    return results?.[0]?.[1] != null;
  }

  return {
    push(gatewayId, frame) {
      outboxOf(gatewayId).frames.push(frame);
    },
    pushLast(gatewayId, frame, usage) {
      const outbox = outboxOf(gatewayId);
      outbox.frames.push(frame);
      if (usage !== undefined) outbox.usage.push(usage);
    },
    get turn() {
      return turn;
    },
    async drain() {
      while (scheduled || inFlight.size > 0) {
        await Promise.allSettled(inFlight);
        if (scheduled) await new Promise(setImmediate);
      }
    },
  };
}
