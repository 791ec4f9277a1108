/**
 * What Postgres keeps of credit, in memory: the rules of `take_credit`, `return_credit`, `settle_usage` and `move_credit`, written a second time. A test
 * holds the two to the same balances and the same answers.
 */
import type { Grant, Holders } from "../src/credit-store.ts";

export interface ModelPurse {
  kind: "account" | "key_total";
  bounded: boolean;
  balanceNano: bigint;
  leasedNano: bigint;
}

export interface ModelLease {
  id: string;
  purseId: string;
  gatewayId: string;
  amountNano: bigint;
  expiresAtMs: number;
}

export interface ModelCharge {
  requestId: string;
  chargeNano: bigint;
  holds: readonly { purseId: string; leaseId?: string }[];
}

export interface CreditModel {
  readonly purses: Map<string, ModelPurse>;
  /** The open ones. */
  readonly leases: Map<string, ModelLease>;
  readonly events: Map<string, bigint>;
  /** Over all. */
  readonly writtenOffNano: bigint;
  take(wish: {
    purseId: string;
    leaseId: string;
    gatewayId: string;
    neededNano: bigint;
    wantedNano: bigint;
    termMs: number;
  }): Grant;
  giveBack(leaseId: string, amountNano: bigint | undefined): bigint;
  renew(gatewayId: string, leaseIds: readonly string[], termMs: number): Set<string>;
  findHolders(purseId: string, gatewayId: string): Holders;
  findExpired(): ModelLease[];
  settle(batch: readonly ModelCharge[]): void;
  /** @returns false: it would leave less than what is in leases, and nothing was changed. */
  move(purseId: string, amountNano: bigint): boolean;
}

export function createCreditModel(now: () => number): CreditModel {
  const purses = new Map<string, ModelPurse>();
  const leases = new Map<string, ModelLease>();
  const closed = new Set<string>();
  const events = new Map<string, bigint>();
  let writtenOffNano = 0n;

  function purseOf(id: string): ModelPurse {
    const purse = purses.get(id);
    if (purse === undefined) throw new Error(`no purse ${id}`);
    return purse;
  }

  return {
    purses,
    leases,
    events,
    get writtenOffNano() {
      return writtenOffNano;
    },
    take({ purseId, leaseId, gatewayId, neededNano, wantedNano, termMs }) {
      const purse = purseOf(purseId);
      const availableNano = purse.balanceNano - purse.leasedNano;
      const lease = leases.get(leaseId);
      const lost = closed.has(leaseId) || (lease !== undefined && lease.expiresAtMs < now());
      const scarce = availableNano < 8n * wantedNano;
      const plenty = wantedNano > neededNano ? wantedNano : neededNano;
      const grantedNano = lost || availableNano < neededNano ? 0n : scarce ? neededNano : plenty;
      if (grantedNano <= 0n) return { grantedNano, scarce, availableNano, lost };
      const expiresAtMs = now() + termMs;
      if (lease === undefined) {
        leases.set(leaseId, { id: leaseId, purseId, gatewayId, amountNano: grantedNano, expiresAtMs });
      } else {
        lease.amountNano += grantedNano;
        lease.expiresAtMs = expiresAtMs;
      }
      purse.leasedNano += grantedNano;
      return { grantedNano, scarce, availableNano, lost };
    },
    giveBack(leaseId, amountNano) {
      const lease = leases.get(leaseId);
      if (lease === undefined) return 0n;
      const returned = amountNano === undefined || amountNano > lease.amountNano ? lease.amountNano : amountNano;
      lease.amountNano -= returned;
      purseOf(lease.purseId).leasedNano -= returned;
      if (amountNano === undefined) {
        leases.delete(leaseId);
        closed.add(leaseId);
      }
      return returned;
    },
    renew(gatewayId, leaseIds, termMs) {
      const renewed = leaseIds.filter((id) => {
        const lease = leases.get(id);
        return lease !== undefined && lease.gatewayId === gatewayId && lease.expiresAtMs > now();
      });
      for (const id of renewed) {
        const lease = leases.get(id);
        if (lease !== undefined) lease.expiresAtMs = now() + termMs;
      }
      return new Set(renewed);
    },
    findHolders(purseId, gatewayId) {
      const { balanceNano, leasedNano } = purseOf(purseId);
      const held = [...leases.values()].filter(
        (lease) =>
          lease.purseId === purseId &&
          lease.gatewayId !== gatewayId &&
          lease.amountNano > 0n &&
          lease.expiresAtMs > now(),
      );
      const gatewayIds = [...new Set(held.map((lease) => lease.gatewayId))].sort();
      return { gatewayIds, availableNano: balanceNano - leasedNano };
    },
    findExpired: () => [...leases.values()].filter(({ expiresAtMs }) => expiresAtMs < now()),
    settle(batch) {
      const parts = new Map<string, { purseId: string; leaseId: string | undefined; chargeNano: bigint }>();
      for (const { requestId, chargeNano, holds } of batch) {
        if (events.has(requestId)) continue;
        events.set(requestId, chargeNano);
        for (const { purseId, leaseId } of chargeNano > 0n ? holds : []) {
          const name = `${purseId} ${leaseId ?? ""}`;
          const part = parts.get(name) ?? { purseId, leaseId, chargeNano: 0n };
          part.chargeNano += chargeNano;
          parts.set(name, part);
        }
      }
      const owed = new Map<string, { leasedNano: bigint; restNano: bigint }>();
      for (const { purseId, leaseId, chargeNano } of parts.values()) {
        const lease = leases.get(leaseId ?? "");
        const inLease = lease?.purseId === purseId ? lease.amountNano : 0n;
        const leasedNano = inLease < chargeNano ? inLease : chargeNano;
        if (lease !== undefined) lease.amountNano -= leasedNano;
        const sum = owed.get(purseId) ?? { leasedNano: 0n, restNano: 0n };
        sum.leasedNano += leasedNano;
        sum.restNano += chargeNano - leasedNano;
        owed.set(purseId, sum);
      }
      for (const [purseId, { leasedNano, restNano }] of owed) {
        const purse = purseOf(purseId);
        const available = purse.balanceNano - purse.leasedNano;
        const isLimited = purse.kind === "account" && purse.bounded;
        const most = available > 0n ? available : 0n;
        const covered = isLimited && restNano > most ? most : restNano;
        writtenOffNano += restNano - covered;
        purse.balanceNano -= leasedNano + covered;
        purse.leasedNano -= leasedNano;
      }
    },
    move(purseId, amountNano) {
      const purse = purseOf(purseId);
      if (purse.bounded && purse.balanceNano + amountNano < purse.leasedNano) return false;
      purse.balanceNano += amountNano;
      return true;
    },
  };
}
