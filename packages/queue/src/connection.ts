/**
 * Connections to Redis. A blocking reader has its own; everything else shares one for commands.
 *
 * Auto-pipelining stays off: measured, it doubled the latency of a single request. Commands leave together all the same, see turn-batched-redis.ts.
 */
import { Redis } from "ioredis";
import { TurnBatchedRedis } from "./turn-batched-redis.ts";

export type { Redis } from "ioredis";

export interface RedisLog {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

export interface RedisConnectionOptions {
  /** Shown by CLIENT LIST. */
  name: string;
  log: RedisLog;
}

const connectTimeoutMs = 2_000;
const commandTimeoutMs = 2_000;
/** Longest wait of one blocking read; the reader then asks again. */
export const blockMs = 5_000;

/** For commands: fails at once while Redis is away, so that a client gets its 503 and no queue grows. */
export function connectRedis(url: string, options: RedisConnectionOptions): Redis {
  return withLog(
    new TurnBatchedRedis(url, {
      connectionName: options.name,
      protocol: 2,
      connectTimeout: connectTimeoutMs,
      commandTimeout: commandTimeoutMs,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy,
      lazyConnect: true,
    }),
    options,
  );
}

/** For one blocking reader or subscriber: waits as long as Redis is away, and gives up a read that a dead connection swallowed. */
export function connectBlockingRedis(url: string, options: RedisConnectionOptions): Redis {
  return withLog(
    new Redis(url, {
      connectionName: options.name,
      protocol: 2,
      connectTimeout: connectTimeoutMs,
      blockingTimeout: blockMs + 5_000,
      maxRetriesPerRequest: 0,
      retryStrategy,
      lazyConnect: true,
    }),
    options,
  );
}

function retryStrategy(times: number): number {
  return Math.min(50 * times, 1_000);
}

function withLog(redis: Redis, { name, log }: RedisConnectionOptions): Redis {
  let away = false;
  redis.on("error", (error: Error) => {
    // One line per outage, not one per attempt to reconnect.
    if (!away) log.warn({ connection: name, reason: error.message }, "Redis is away");
    away = true;
  });
  redis.on("ready", () => {
    if (away) log.info({ connection: name }, "Redis is back");
    away = false;
  });
  return redis;
}

/** A Redis that Tera cannot use; the message says why and how to fix it. */
export class RedisUnsuitableError extends Error {
  override readonly name = "RedisUnsuitableError";
}

/**
 * `connectRedis`, connected and checked.
 * @throws {RedisUnsuitableError} also when it cannot be reached.
 */
export async function openRedis(url: string, options: RedisConnectionOptions): Promise<Redis> {
  // The reason is in the first event; the rejection only says that the connection closed.
  let reason = "no answer";
  const redis = connectRedis(url, options);
  redis.once("error", (error: Error) => {
    reason = error.message;
  });
  try {
    await redis.connect();
  } catch {
    redis.disconnect();
    throw new RedisUnsuitableError(`Redis cannot be reached (${reason}). Check REDIS_URL, and that the server runs.`);
  }
  await checkRedis(redis);
  return redis;
}

/**
 * Refuses a Redis that would lose work: too old for NOMKSTREAM, MINID and XAUTOCLAIM, or allowed to evict keys.
 * @throws {RedisUnsuitableError}
 */
export async function checkRedis(redis: Redis): Promise<{ version: string; maxmemoryPolicy: string }> {
  const info = await redis.info();
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? "unknown";
  const maxmemoryPolicy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? "unknown";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (!(major > 6 || (major === 6 && minor >= 2))) {
    throw new RedisUnsuitableError(
      `Redis ${version} is too old: Tera needs 6.2 or newer (or Valkey). Upgrade the server.`,
    );
  }
  if (maxmemoryPolicy !== "noeviction") {
    throw new RedisUnsuitableError(
      `Redis may evict keys (maxmemory-policy ${maxmemoryPolicy}), which would lose queued requests. Run: redis-cli CONFIG SET maxmemory-policy noeviction, and set it in redis.conf.`,
    );
  }
  return { version, maxmemoryPolicy };
}
