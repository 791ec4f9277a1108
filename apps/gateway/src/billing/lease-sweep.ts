/**
 * Makes the credit of dead gateways available again, and keeps our own leases.
 *
 * A lease whose term is over is closed only when nobody can owe anything on it any more: its gateway is silent, or it is ours and holds nothing; and no usage that names it waits in
 * memory or in Redis. Until then its credit stays where it is.
 *
 * And only when that was so for a while in which Postgres and Redis answered: after an outage of both, living gateways need a moment to say that they live, and to settle what they
 * have in memory, which for a moment nobody else can know of.
 */
import { type CreditDesk, type CreditStore, type ExpiredLease, renewEveryMs } from "@tera/metering";
import type { UsageRecord } from "@tera/protocol";
import { findSilentGateways, hasUsageCopy, keys, type Redis, type RedisLog } from "@tera/queue";

const sweepEveryMs = 10_000;
const overdueForMs = 15_000;

export interface LeaseSweep {
  /** One look at once. */
  sweep(): Promise<void>;
  stop(): void;
}

export interface LeaseSweepOptions {
  gatewayId: string;
  redis: Redis;
  creditStore: Pick<CreditStore, "findExpired" | "giveBack">;
  desk: Pick<CreditDesk, "renew" | "isHeld">;
  /** Usage that waits here and is not in Postgres yet. */
  hasPendingUsage(matches: (record: UsageRecord) => boolean): boolean;
  log: RedisLog;
  /** Milliseconds of a clock that never goes back; for tests. */
  now?: () => number;
}

export function startLeaseSweep(options: LeaseSweepOptions): LeaseSweep {
  const { gatewayId, redis, creditStore, desk, hasPendingUsage, log, now = () => performance.now() } = options;
  /** Leases that could have been closed, by id, and since when. */
  let overdueSince = new Map<string, number>();

  async function isOwedFor({ leaseId, gatewayId: owner }: ExpiredLease): Promise<boolean> {
    const names = ({ billing }: UsageRecord) => billing?.holds.some((hold) => hold.leaseId === leaseId) ?? false;
    return desk.isHeld(leaseId) || hasPendingUsage(names) || (await hasUsageCopy(redis, owner, names));
  }

  async function sweep(): Promise<void> {
    const seenBefore = overdueSince;
    // A look that fails begins anew.
    overdueSince = new Map();
    const overdue = await findOverdue();
    for (const { leaseId } of overdue) overdueSince.set(leaseId, seenBefore.get(leaseId) ?? now());
    let closed = 0;
    for (const [leaseId, sinceMs] of overdueSince) {
      if (now() - sinceMs < overdueForMs) continue;
      await creditStore.giveBack(leaseId, undefined);
      closed++;
    }
    if (closed > 0) log.info({ closed }, "credit of expired leases is available again");
  }

  async function findOverdue(): Promise<ExpiredLease[]> {
    const expired = await creditStore.findExpired();
    if (expired.length === 0) return [];
    const silent = new Set(await findSilentGateways(redis));
    const overdue: ExpiredLease[] = [];
    for (const lease of expired) {
      const { gatewayId: owner } = lease;
      const isOver = owner === gatewayId || silent.has(owner) || !(await isKnown(owner));
      if (isOver && !(await isOwedFor(lease))) overdue.push(lease);
    }
    return overdue;
  }

  async function isKnown(owner: string): Promise<boolean> {
    return (await redis.zscore(keys.gateways, owner)) !== null;
  }

  const every = (ms: number, work: () => Promise<void>, what: string) =>
    setInterval(() => {
      work().catch((error: Error) => log.warn({ reason: error.message }, `${what} failed, trying again`));
    }, ms);
  const timers = [
    every(sweepEveryMs, sweep, "closing expired leases"),
    every(renewEveryMs, () => desk.renew(), "renewing credit leases"),
  ];
  return { sweep, stop: () => timers.forEach(clearInterval) };
}
