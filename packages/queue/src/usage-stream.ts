/**
 * The workers' copies of usage records, until somebody has settled them.
 *
 * No consumer group: settling is idempotent by request id, so two gateways that read the same entry do no harm, and an entry stays until it
 * is known to be in Postgres. A gateway reads its own stream and those of gateways that have been silent for 5 s.
 */
import { type UsageRecord, usageRecordSchema } from "@tera/protocol";
import type { Redis, RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";
import { readEntries } from "./stream-reply.ts";

const readMax = 500;
/** Silent for this long: its usage is settled by others. */
const gatewayDeadAfterMs = 5_000;
/** Silent for this long and with nothing left to settle: forgotten. */
const gatewayForgottenAfterMs = 600_000;

export interface UsageCopy {
  /** The stream's owner, perhaps dead. */
  gatewayId: string;
  entryId: string;
  record: UsageRecord;
}

export interface UsageCopyPage {
  /** To be dropped: their requests are settled. Nothing else of them was looked at, because they are nearly all there are. */
  settledEntryIds: string[];
  copies: UsageCopy[];
}

/** Up to 500 of the oldest copies on one gateway's stream. Entries that cannot be read are logged and dropped. */
export async function readUsageCopies(
  redis: Redis,
  gatewayId: string,
  log: RedisLog,
  isSettled: (requestId: string) => boolean,
): Promise<UsageCopyPage> {
  const key = keys.usage(gatewayId);
  const entries = readEntries(key, await redis.xrange(key, "-", "+", "COUNT", readMax));
  const page: UsageCopyPage = { settledEntryIds: [], copies: [] };
  for (const entry of entries) {
    const json = parseJson(entry.value);
    if (isSettled(requestIdOf(json))) {
      page.settledEntryIds.push(entry.id);
      continue;
    }
    const parsed = usageRecordSchema.safeParse(json);
    if (parsed.success) {
      page.copies.push({ gatewayId, entryId: entry.id, record: parsed.data });
    } else {
      log.warn(
        { gatewayId, entry: entry.id, reason: parsed.error.message.slice(0, 200) },
        "dropped a usage copy that cannot be read",
      );
      await redis.xdel(key, entry.id);
    }
  }
  return page;
}

/** Whether there is such a copy on a gateway's stream, however many there are. */
export async function hasUsageCopy(
  redis: Redis,
  gatewayId: string,
  matches: (record: UsageRecord) => boolean,
): Promise<boolean> {
  const key = keys.usage(gatewayId);
  let from = "-";
  for (;;) {
    const entries = readEntries(key, await redis.xrange(key, from, "+", "COUNT", readMax));
    for (const { value } of entries) {
      const parsed = usageRecordSchema.safeParse(parseJson(value));
      if (parsed.success && matches(parsed.data)) return true;
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < readMax) return false;
    from = `(${last.id}`;
  }
}

function requestIdOf(json: unknown): string {
  return typeof json === "object" && json !== null && "requestId" in json ? String(json.requestId) : "";
}

/** Call once the records are in Postgres. */
export async function dropUsageCopies(redis: Redis, gatewayId: string, entryIds: readonly string[]): Promise<void> {
  if (entryIds.length > 0) await redis.xdel(keys.usage(gatewayId), ...entryIds);
}

/** Gateways that died and may have left usage behind; those with nothing left are forgotten after a while. */
export async function findSilentGateways(redis: Redis): Promise<string[]> {
  const [seconds = 0] = await redis.time();
  const now = Number(seconds) * 1_000;
  const silent = await redis.zrangebyscore(keys.gateways, "-inf", now - gatewayDeadAfterMs);
  const forgotten = await redis.zrangebyscore(keys.gateways, "-inf", now - gatewayForgottenAfterMs);
  for (const gatewayId of forgotten) {
    if ((await redis.xlen(keys.usage(gatewayId))) > 0) continue;
    await redis.del(keys.usage(gatewayId));
    await redis.zrem(keys.gateways, gatewayId);
  }
  return silent;
}

/** Which of these gateways have been silent for a while, or were never heard of. An empty Redis knows nobody for a second: ask twice. */
export async function findGoneGateways(redis: Redis, gatewayIds: readonly string[]): Promise<string[]> {
  if (gatewayIds.length === 0) return [];
  const [seconds = 0] = await redis.time();
  const heard = await redis.zmscore(keys.gateways, ...gatewayIds);
  return gatewayIds.filter((_, index) => Number(heard[index] ?? 0) <= Number(seconds) * 1_000 - gatewayDeadAfterMs);
}
