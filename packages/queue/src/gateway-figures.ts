/**
 * What gateways have counted, for who looks at the whole installation: every gateway adds to a stream of its own, which holds about the last hour.
 *
 * Counters only grow, so that an entry that is lost or read twice does no harm. Times are Redis' own, out of the entries' ids.
 */
import { type GatewayFigures, gatewayFiguresSchema } from "@tera/protocol";
import type { Redis, RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";
import { readEntries } from "./stream-reply.ts";

const publishEveryMs = 2_000;
export const figuresKeptMs = 3_600_000;
const lengthMax = figuresKeptMs / publishEveryMs;
const streamTtlMs = 2 * figuresKeptMs;
const readMax = 300;

export interface FiguresPublisher {
  stop(): void;
}

/** Begins with one entry at once: what is counted afterwards can be told by the difference. */
export function startFiguresPublisher(options: {
  gatewayId: string;
  redis: Redis;
  read(): GatewayFigures;
  log: RedisLog;
}): FiguresPublisher {
  const { gatewayId, redis, read, log } = options;
  const key = keys.figures(gatewayId);
  let told = true;
  let publishing = false;

  async function publish(): Promise<void> {
    // Redis is slow: the next one tells all the same.
    if (publishing) return;
    publishing = true;
    try {
      const adding = redis.xadd(key, "MAXLEN", "~", lengthMax, "*", "figures", JSON.stringify(read()));
      const [entryId] = await Promise.all([adding, redis.pexpire(key, streamTtlMs)]);
      const atMs = timeOf(entryId ?? "0");
      await Promise.all([
        redis.zadd(keys.figureGateways, atMs, gatewayId),
        redis.zremrangebyscore(keys.figureGateways, "-inf", atMs - streamTtlMs),
      ]);
      told = true;
    } catch (error) {
      if (told) log.warn({ reason: reasonOf(error) }, "figures could not be told");
      told = false;
    } finally {
      publishing = false;
    }
  }

  void publish();
  const timer = setInterval(publish, publishEveryMs);
  return { stop: () => clearInterval(timer) };
}

export interface ToldFigures {
  gatewayId: string;
  /** Epoch milliseconds, by Redis' clock. */
  atMs: number;
  figures: GatewayFigures;
}

export interface FiguresReader {
  /**
   * What was told since the last call, each gateway's in order; the first call: of the last hour. Entries that cannot be read (another version) are
   * left out.
   * @returns with `nowMs`, by Redis' clock: all that was told until then has been read.
   */
  readNew(): Promise<{ nowMs: number; told: ToldFigures[] }>;
}

export function createFiguresReader({ redis }: { redis: Redis }): FiguresReader {
  /** By gateway: the last entry that was read. */
  let lastIds = new Map<string, string>();

  async function readGateway(gatewayId: string, sinceMs: number): Promise<ToldFigures[]> {
    const key = keys.figures(gatewayId);
    const told: ToldFigures[] = [];
    let lastId = lastIds.get(gatewayId) ?? "0";
    if (timeOf(lastId) < sinceMs) lastId = `${sinceMs}`;
    for (;;) {
      // In pages: one reply with an hour in it would keep everybody else waiting.
      const entries = readEntries(key, await redis.xrange(key, `(${lastId}`, "+", "COUNT", readMax));
      for (const { id, value } of entries) {
        lastId = id;
        const parsed = gatewayFiguresSchema.safeParse(parseJson(value));
        if (parsed.success) told.push({ gatewayId, atMs: timeOf(id), figures: parsed.data });
      }
      if (entries.length < readMax) break;
    }
    lastIds.set(gatewayId, lastId);
    return told;
  }

  return {
    async readNew() {
      const [seconds = 0, microseconds = 0] = await redis.time();
      const nowMs = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
      const sinceMs = nowMs - figuresKeptMs;
      const gatewayIds = await redis.zrangebyscore(keys.figureGateways, sinceMs, "+inf");
      lastIds = new Map([...lastIds].filter(([gatewayId]) => gatewayIds.includes(gatewayId)));
      const told = await Promise.all(gatewayIds.map((gatewayId) => readGateway(gatewayId, sinceMs)));
      return { nowMs, told: told.flat() };
    },
  };
}

/** Of an entry's id, `<milliseconds>-<number>`. */
function timeOf(entryId: string): number {
  return Number(entryId.split("-")[0]);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
