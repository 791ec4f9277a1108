/**
 * Settle: brings the two witnesses of each request's usage to Postgres, once.
 *
 * The gateway's own record goes to the settler when the request ends. The worker's copy lies in Redis until that record is in Postgres; then it is
 * dropped. Copies that nobody here knows (their gateway died) are settled after a while in the same way, if their seal shows that a gateway admitted them.
 */
import type { UsageSettler } from "@tera/metering";
import type { UsageRecord } from "@tera/protocol";
import {
  dropUsageCopies,
  findSilentGateways,
  type Redis,
  type RedisLog,
  readUsageCopies,
  type UsageCopy,
} from "@tera/queue";
import type { Sealer } from "../billing/seal.ts";

const sweepEveryMs = 1_000;
/** Requests remembered as settled, so that their copies need not be offered to Postgres again. */
const rememberedMax = 200_000;

export interface UsageCopies {
  /** To be called by the settler: these are in Postgres, or will never be. */
  onSettled(requestIds: readonly string[]): void;
  sweep(): Promise<void>;
  stop(): void;
}

export interface UsageCopiesOptions {
  gatewayId: string;
  redis: Redis;
  settler: Pick<UsageSettler, "add">;
  sealer: Pick<Sealer, "isGenuine">;
  /** The request is open here: its own record is still to come. */
  isOpen(requestId: string): boolean;
  log: RedisLog;
}

export function startUsageCopies({ gatewayId, redis, settler, sealer, isOpen, log }: UsageCopiesOptions): UsageCopies {
  const settled = new Set<string>();

  /** @returns how many copies it dropped. */
  async function sweepPage(owner: string): Promise<number> {
    const { settledEntryIds, copies } = await readUsageCopies(redis, owner, log, (requestId) => settled.has(requestId));
    const forged = copies.filter(({ record }) => !sealer.isGenuine(record));
    for (const { record } of forged) {
      const { requestId, accountId, workerId } = record;
      log.warn({ requestId, accountId, workerId }, "dropped a usage copy of a request that no gateway has admitted");
    }
    const dropped = [...settledEntryIds, ...forged.map(({ entryId }) => entryId)];
    await dropUsageCopies(redis, owner, dropped);
    const genuine = copies.filter((copy) => !forged.includes(copy));
    for (const record of lastAttempts(genuine.filter(({ record: { requestId } }) => !isOpen(requestId)))) {
      settler.add(record);
    }
    return dropped.length;
  }

  /** As many pages as there are settled copies: a gateway settles more in a second than one page holds, and what is left would fill Redis. */
  async function sweepGateway(owner: string): Promise<void> {
    let dropped: number;
    do dropped = await sweepPage(owner);
    while (dropped > 0);
  }

  async function sweep(): Promise<void> {
    const silent = await findSilentGateways(redis);
    for (const owner of new Set([gatewayId, ...silent])) await sweepGateway(owner);
  }

  let sweeping = false;
  const timer = setInterval(async () => {
    if (sweeping) return;
    sweeping = true;
    // Redis away: the copies wait where they are.
    await sweep().catch((error: Error) => log.warn({ reason: error.message }, "reading usage copies failed"));
    sweeping = false;
  }, sweepEveryMs);

  return {
    onSettled(requestIds) {
      for (const requestId of requestIds) settled.add(requestId);
      for (const requestId of settled) {
        if (settled.size <= rememberedMax) break;
        settled.delete(requestId);
      }
    },
    sweep,
    stop: () => clearInterval(timer),
  };
}

/** An attempt that was lost to its gateway, and made again, may have left a copy all the same: the last one tells how the request ended. */
function lastAttempts(copies: readonly UsageCopy[]): UsageRecord[] {
  const last = new Map<string, UsageRecord>();
  for (const { record } of copies) {
    const known = last.get(record.requestId);
    if (known === undefined || record.attempts > known.attempts) last.set(record.requestId, record);
  }
  return [...last.values()];
}
