/** The gateway's side of its reply stream: one reader, one connection, whatever the number of requests. */
import { setTimeout } from "node:timers/promises";
import { decodeFrames, type Frame } from "@tera/protocol";
import { blockMs, type Redis, type RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { readStreams } from "./stream-reply.ts";

const batchesPerRead = 256;
const trimEveryMs = 1_000;
const retryDelayMs = 100;

export interface ReplyReaderOptions {
  gatewayId: string;
  /** For commands: cuts off what was read. */
  redis: Redis;
  /** For this reader alone; closed by `stop`. */
  blockingRedis: Redis;
  /** Hot path: one call per batch that a worker sent. */
  onFrames(frames: Frame[]): void;
  log: RedisLog;
}

export interface ReplyReader {
  stop(): Promise<void>;
}

export function startReplyReader({ gatewayId, redis, blockingRedis, onFrames, log }: ReplyReaderOptions): ReplyReader {
  const key = keys.reply(gatewayId);
  const stopping = new AbortController();
  let lastId = "0-0";
  let trimmedTo = lastId;

  const trimTimer = setInterval(() => {
    if (trimmedTo === lastId) return;
    trimmedTo = lastId;
    redis.xtrim(key, "MINID", "~", lastId).catch(() => undefined);
  }, trimEveryMs);

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const reply = await blockingRedis.call(
          "XREAD",
          ...["COUNT", String(batchesPerRead), "BLOCK", String(blockMs), "STREAMS", key, lastId],
        );
        for (const entry of readStreams(reply)) {
          lastId = entry.id;
          if (entry.value !== undefined) deliver(entry.value);
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          "reading replies failed, trying again",
        );
        await setTimeout(retryDelayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  function deliver(batch: string): void {
    let frames: Frame[];
    try {
      frames = decodeFrames(batch);
    } catch (error) {
      // The requests inside notice the gap.
      log.warn({ reason: String(error).slice(0, 200) }, "dropped a frame batch that cannot be read");
      return;
    }
    onFrames(frames);
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      clearInterval(trimTimer);
      blockingRedis.disconnect();
      await running;
    },
  };
}
