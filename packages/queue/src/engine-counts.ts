/**
 * What workers tell of their engines' counters, on its way to Postgres: one stream for all, read by whichever gateway's turn it is.
 *
 * A stretch of time is told again until it is over, each time whole, so that an entry that is lost or taken twice does no harm.
 */
import { type EngineCount, engineCountSchema } from "@tera/protocol";
import type { Redis, RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";
import { readEntries } from "./stream-reply.ts";

/** A hundred runners, each told of once a minute, for three hours without a gateway. */
const lengthMax = 20_000;
const readMax = 500;

export async function publishEngineCount(redis: Redis, count: EngineCount): Promise<void> {
  await redis.xadd(keys.engineCounts, "MAXLEN", "~", lengthMax, "*", "count", JSON.stringify(count));
}

export interface EngineCountPage {
  /** To be dropped once the counts are in Postgres. */
  entryIds: string[];
  /** Oldest first. */
  counts: EngineCount[];
}

/** Up to 500 of the oldest; what cannot be read (another version) is logged and left out. */
export async function readEngineCounts(redis: Redis, log: RedisLog): Promise<EngineCountPage> {
  const entries = readEntries(keys.engineCounts, await redis.xrange(keys.engineCounts, "-", "+", "COUNT", readMax));
  const counts = entries.flatMap(({ id, value }) => {
    const parsed = engineCountSchema.safeParse(parseJson(value));
    if (parsed.success) return [parsed.data];
    log.warn(
      { entry: id, reason: parsed.error.message.slice(0, 200) },
      "dropped an engine's counts that cannot be read",
    );
    return [];
  });
  return { entryIds: entries.map(({ id }) => id), counts };
}

export async function dropEngineCounts(redis: Redis, entryIds: readonly string[]): Promise<void> {
  if (entryIds.length > 0) await redis.xdel(keys.engineCounts, ...entryIds);
}
