/** The control stream of a worker: what gateways tell it outside the lanes. */
import { type ControlMessage, controlMessageSchema } from "@tera/protocol";
import { blockMs, type Redis, type RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";
import { type ReadLoop, startReadLoop } from "./read-loop.ts";
import { readStreams } from "./stream-reply.ts";

const controlLengthMax = 10_000;
/** A message for a worker that is gone goes with it. */
const controlTtlMs = 60_000;

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

export function startControlReader({ workerId, blockingRedis, onMessage, log }: ControlReaderOptions): ReadLoop {
  // From the beginning: a cancellation for a request that is unknown here does nothing.
  let lastId = "0-0";

  return startReadLoop({
    blockingRedis,
    doing: "reading control messages",
    log,
    async step() {
      const block = ["BLOCK", String(blockMs), "STREAMS", keys.control(workerId), lastId];
      for (const entry of readStreams(await blockingRedis.call("XREAD", ...block))) {
        lastId = entry.id;
        const parsed = controlMessageSchema.safeParse(parseJson(entry.value));
        if (parsed.success) onMessage(parsed.data);
        else log.warn({ entry: entry.id }, "dropped a control message that cannot be read");
      }
    },
  });
}
