/** The control stream of a worker: what gateways tell it outside the lanes. */
import { setTimeout } from "node:timers/promises";
import { type ControlMessage, controlMessageSchema } from "@tera/protocol";
import { blockMs, type Redis, type RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";
import { readStreams } from "./stream-reply.ts";

const controlLengthMax = 10_000;
/** A message for a worker that is gone goes with it. */
const controlTtlMs = 60_000;
const retryDelayMs = 100;

export async function sendControl(redis: Redis, workerId: string, message: ControlMessage): Promise<void> {
  const key = keys.control(workerId);
  await redis
    .multi()
    .xadd(key, "MAXLEN", "~", controlLengthMax, "*", "message", JSON.stringify(message))
    .pexpire(key, controlTtlMs)
    .exec();
}

export interface ControlReaderOptions {
  workerId: string;
  /** For this reader alone; closed by `stop`. */
  blockingRedis: Redis;
  onMessage(message: ControlMessage): void;
  log: RedisLog;
}

export function startControlReader({ workerId, blockingRedis, onMessage, log }: ControlReaderOptions): {
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  // From the beginning: a cancellation for a request that is unknown here does nothing.
  let lastId = "0-0";

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const reply = await blockingRedis.call(
          "XREAD",
          ...["BLOCK", String(blockMs), "STREAMS", keys.control(workerId), lastId],
        );
        for (const entry of readStreams(reply)) {
          lastId = entry.id;
          const parsed = controlMessageSchema.safeParse(parseJson(entry.value));
          if (parsed.success) onMessage(parsed.data);
          else log.warn({ entry: entry.id }, "dropped a control message that cannot be read");
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          "reading control messages failed, trying again",
        );
        await setTimeout(retryDelayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      blockingRedis.disconnect();
      await running;
    },
  };
}
