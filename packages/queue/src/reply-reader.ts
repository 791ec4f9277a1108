/** The gateway's side of its reply stream: one reader, one connection, whatever the number of requests. */
import { decodeFrames, type Frame } from "@tera/protocol";
import { blockMs, type Redis, type RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { type ReadLoop, startReadLoop } from "./read-loop.ts";
import { readStreams } from "./stream-reply.ts";

const batchesPerRead = 256;
const trimEveryMs = 1_000;

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

export function startReplyReader({ gatewayId, redis, blockingRedis, onFrames, log }: ReplyReaderOptions): ReadLoop {
  const key = keys.reply(gatewayId);
  let lastId = "0-0";
  let trimmedTo = lastId;

  const trimTimer = setInterval(() => {
    if (trimmedTo === lastId) return;
    trimmedTo = lastId;
    redis.xtrim(key, "MINID", "~", lastId).catch(() => undefined);
  }, trimEveryMs);

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

  const loop = startReadLoop({
    blockingRedis,
    doing: "reading replies",
    log,
    async step() {
      const block = ["COUNT", String(batchesPerRead), "BLOCK", String(blockMs), "STREAMS", key, lastId];
      for (const entry of readStreams(await blockingRedis.call("XREAD", ...block))) {
        lastId = entry.id;
        if (entry.value !== undefined) deliver(entry.value);
      }
    },
  });
  return {
    async stop() {
      clearInterval(trimTimer);
      await loop.stop();
    },
  };
}
