/**
 * Makes the credit of dead gateways available again, and keeps our own leases.
 *
 * A lease whose term is over is closed only when its gateway is silent and what it owed has been settled: its usage copies in Redis are gone. Until then its
 * credit stays where it is.
 */
import { type CreditDesk, type CreditStore, renewEveryMs } from "@tera/metering";
import { findSilentGateways, keys, type Redis, type RedisLog, readUsageCopies } from "@tera/queue";

const sweepEveryMs = 10_000;

export interface LeaseSweep {
  stop(): void;
}

export interface LeaseSweepOptions {
  gatewayId: string;
  redis: Redis;
  creditStore: Pick<CreditStore, "findExpired" | "closeExpired">;
  desk: Pick<CreditDesk, "renew">;
  /** Usage of this gateway that is not in Postgres yet. */
  pendingUsage(): number;
  log: RedisLog;
}

export function startLeaseSweep(options: LeaseSweepOptions): LeaseSweep {
  const { gatewayId, redis, creditStore, desk, pendingUsage, log } = options;

  async function owesNothing(owner: string): Promise<boolean> {
    const { copies } = await readUsageCopies(redis, owner, log, () => false);
    return copies.length === 0 && pendingUsage() === 0;
  }

  async function sweep(): Promise<void> {
    const expired = await creditStore.findExpired();
    if (expired.length === 0) return;
    const silent = new Set(await findSilentGateways(redis));
    for (const owner of expired) {
      const isOver = owner === gatewayId || silent.has(owner) || !(await isKnown(owner));
      if (!isOver || !(await owesNothing(owner))) continue;
      const closed = await creditStore.closeExpired(owner);
      log.info({ owner, closed }, "credit of expired leases is available again");
    }
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
  return { stop: () => timers.forEach(clearInterval) };
}
