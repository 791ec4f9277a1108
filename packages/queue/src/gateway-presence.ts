/**
 * A gateway's sign of life, and the worker's look at it.
 *
 * The gateway alone creates its reply stream; workers write with NOMKSTREAM. So a stream that is gone means that nobody reads, and a dead
 * gateway's stream is not brought back by a late frame.
 */
import type { Redis, RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { loadScript } from "./script.ts";

const noteScript = loadScript("note-gateway.lua");
const beatEveryMs = 1_000;
const aliveTtlMs = 3_000;
const replyTtlMs = 10_000;
/** Others take a gateway for dead a second later; see usage-stream.ts. */
const silentAfterMs = 4_000;

export interface GatewayPresence {
  /** False while Redis has not answered the last beat: new requests would be lost. */
  readonly connected: boolean;
  /** Whether others may have taken it for dead since then, and have settled what it had open from the workers' copies. @param sinceMs by `performance.now()` */
  wasSilentSince(sinceMs: number): boolean;
  /**
   * The one listener: called when the reply stream was gone and is there again. Redis came back empty, or this gateway stood still for too long: workers took
   * it for dead, and what lay on lanes may be gone too.
   */
  onReplyStreamLost(listener: () => void): void;
  stop(): Promise<void>;
}

export async function startGatewayPresence(options: {
  gatewayId: string;
  redis: Redis;
  log: RedisLog;
  /** Others may have taken us for dead: our last sign of life is a while ago. */
  onWasSilent?: () => void;
}): Promise<GatewayPresence> {
  const { gatewayId, redis, log, onWasSilent } = options;
  const bornAtMs = Date.now();
  let connected = false;
  let beatAtMs = performance.now();
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  let hadStream = false;
  let onLost: () => void = () => undefined;

  async function beat(): Promise<void> {
    const begunAtMs = performance.now();
    // Before anything that came meanwhile is read.
    if (begunAtMs - beatAtMs > silentAfterMs) onWasSilent?.();
    try {
      const creating = redis.xgroup("CREATE", keys.reply(gatewayId), "reader", "$", "MKSTREAM").then(
        () => true,
        (error: Error) => {
          if (!error.message.startsWith("BUSYGROUP")) throw error;
          return false;
        },
      );
      const [isNew, , , sinceLastMs] = await Promise.all([
        creating,
        redis.pexpire(keys.reply(gatewayId), replyTtlMs),
        redis.set(keys.alive(gatewayId), bornAtMs, "PX", aliveTtlMs),
        noteScript.run(redis, [keys.gateways], [gatewayId]),
      ]);
      connected = true;
      beatAtMs = begunAtMs;
      if (Number(sinceLastMs) > silentAfterMs) silentUntilMs = performance.now();
      const isLost = isNew && hadStream;
      hadStream = true;
      if (isLost) onLost();
    } catch (error) {
      if (connected) log.warn({ reason: error instanceof Error ? error.message : String(error) }, "heartbeat failed");
      connected = false;
    }
  }

  const timer = setInterval(beat, beatEveryMs);
  // After an outage the stream may be gone; workers must find it again before the next regular beat.
  redis.on("ready", beat);
  redis.on("close", markAway);
  function markAway(): void {
    connected = false;
  }
  await beat();

  return {
    get connected() {
      return connected;
    },
    // By its own clock until Redis has said how long it was; one that has come back empty knows of no silence, and of no copies.
    wasSilentSince: (sinceMs) => performance.now() - beatAtMs > silentAfterMs || silentUntilMs > sinceMs,
    onReplyStreamLost(listener) {
      onLost = listener;
    },
    async stop() {
      clearInterval(timer);
      redis.off("ready", beat);
      redis.off("close", markAway);
      await Promise.allSettled([redis.del(keys.alive(gatewayId)), redis.del(keys.reply(gatewayId))]);
    },
  };
}

/**
 * When each of these gateways was started, epoch milliseconds by its own clock; one that has given no sign of life for 3 s is left out. What was admitted before that belongs to
 * an earlier life under the same name, and is forgotten.
 */
export async function readGatewayBirths(redis: Redis, gatewayIds: readonly string[]): Promise<Map<string, number>> {
  const births = await Promise.all(gatewayIds.map((gatewayId) => redis.get(keys.alive(gatewayId))));
  return new Map(gatewayIds.flatMap((id, index) => (births[index] == null ? [] : [[id, Number(births[index])]])));
}
