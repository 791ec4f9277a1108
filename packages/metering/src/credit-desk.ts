/**
 * The credit desk: admits requests against leases in memory, without a round trip to Postgres for each.
 *
 * Per purse there is at most one lease here:
 *
 *   granted - charged - held = free
 *
 * A hold takes from what is free; a charge turns (part of) a hold into something spent, the rest is free again. When too little is free the desk asks Postgres for more, one question
 * at a time per purse, in the order of the requests. The sum of all leases never exceeds a purse's balance, so gateways that know nothing of each other cannot overspend it together.
 *
 * A lease is used only until its term is over by our own clock, counted from before it was asked for: whoever is stopped for a while must not spend what was given to others meanwhile.
 *
 * A question about a lease whose answer is lost (Postgres went away) leaves it with at least as much in Postgres as here. It is used on, and at the next renewal another takes its
 * place: renewed only while something is held on it, it expires then, and what nobody knows of goes back with it.
 */
import { randomBase62 } from "@tera/protocol";
import { type CreditStore, leaseTermMs } from "./credit-store.ts";

/** Renewed well before the term is over. */
export const renewEveryMs = 15_000;
const safetyMs = 5_000;
/** A lease is made for so much of the recent spending. */
const leaseForMs = 10_000;
/** Unused for this long, a lease goes back. */
const idleMs = 60_000;

/** What a request needs of a purse. */
export interface HoldWish {
  purseId: string;
  /** Less is a refusal. Nano-USD. */
  neededNano: bigint;
  /** More is not wanted. */
  wantedNano: bigint;
}

export interface CreditHold {
  readonly purseId: string;
  readonly leaseId: string;
  readonly amountNano: bigint;
  /** Ends the hold: `chargeNano` is spent, which may be more than was held. Idempotent. */
  settle(chargeNano: bigint): void;
}

export interface CreditDesk {
  /** At once when the lease has enough, else after asking Postgres. A refusal says how much there was. @throws what Postgres throws when it is away. */
  hold(wish: HoldWish): CreditHold | CreditRefusal | Promise<CreditHold | CreditRefusal>;
  /** Renews the leases that are in use, gives back those that lie idle. To be called every `renewEveryMs`. */
  renew(): Promise<void>;
  /**
   * Others may have taken us for dead, and settled from the workers' copies what is open here: of what is held now, nothing is used again when it ends, whatever it is said to
   * have come to. It goes back when its lease expires.
   */
  doubtHeld(): void;
  /** Something is held on this lease. */
  isHeld(leaseId: string): boolean;
  /** Gives back what is free in the leases on these purses: the next request asks Postgres. */
  release(concerns: (purseId: string) => boolean): void;
  /** Gives back everything that is free. */
  close(): Promise<void>;
}

export interface CreditRefusal {
  readonly refused: true;
  /** What could have been held. Nano-USD. */
  readonly availableNano: bigint;
}

export function isRefusal(result: CreditHold | CreditRefusal): result is CreditRefusal {
  return "refused" in result;
}

interface Lease {
  id: string;
  grantedNano: bigint;
  chargedNano: bigint;
  heldNano: bigint;
  /** Of `now`. */
  validUntilMs: number;
  lastUsedMs: number;
  scarce: boolean;
  /** Postgres may have more in it than we know. */
  uncertain: boolean;
  /** How often what is held was doubted. */
  doubts: number;
}

interface Waiter {
  wish: HoldWish;
  resolve(result: CreditHold | CreditRefusal): void;
  reject(error: unknown): void;
}

interface Box {
  lease: Lease | undefined;
  waiters: Waiter[];
  asking: boolean;
  /** Charges of late, for the size of a lease. */
  spentNano: bigint;
  spentSinceMs: number;
}

export interface CreditDeskOptions {
  store: Pick<CreditStore, "take" | "giveBack" | "renew">;
  gatewayId: string;
  /** Milliseconds of a clock that never goes back; for tests. */
  now?: () => number;
}

export function createCreditDesk({ store, gatewayId, now = () => performance.now() }: CreditDeskOptions): CreditDesk {
  const boxes = new Map<string, Box>();
  /** Those that something is held on, and those that boxes use. By id. */
  const leases = new Map<string, Lease>();

  function boxOf(purseId: string): Box {
    let box = boxes.get(purseId);
    if (box === undefined) {
      box = { lease: undefined, waiters: [], asking: false, spentNano: 0n, spentSinceMs: now() };
      boxes.set(purseId, box);
    }
    return box;
  }

  const freeOf = ({ grantedNano, chargedNano, heldNano }: Lease) => grantedNano - chargedNano - heldNano;
  const isValid = (lease: Lease | undefined): lease is Lease => lease !== undefined && now() < lease.validUntilMs;

  function takeHold(box: Box, lease: Lease, { purseId, wantedNano }: HoldWish): CreditHold {
    const free = freeOf(lease);
    const amountNano = free < wantedNano ? free : wantedNano;
    lease.heldNano += amountNano;
    lease.lastUsedMs = now();
    const { doubts } = lease;
    let open = true;
    return {
      purseId,
      leaseId: lease.id,
      amountNano,
      settle(chargeNano) {
        if (!open) return;
        open = false;
        lease.heldNano -= amountNano;
        lease.chargedNano += lease.doubts === doubts ? chargeNano : max(chargeNano, amountNano);
        box.spentNano += chargeNano;
        if (box.lease !== lease) retire(lease);
        // Another gateway may need it now.
        else if (box.waiters.length > 0) void serve(purseId, box);
        else if (lease.scarce) giveBackFree(lease);
      },
    };
  }

  function giveBackFree(lease: Lease): void {
    const free = freeOf(lease);
    if (free <= 0n) return;
    lease.grantedNano -= free;
    store.giveBack(lease.id, free).catch(() => {
      lease.uncertain = true;
    });
  }

  /** Nothing new is held on it. What it holds now ends in its own time. */
  function retire(lease: Lease): void {
    giveBackFree(lease);
    if (lease.heldNano === 0n) leases.delete(lease.id);
  }

  function replace(box: Box): void {
    const { lease } = box;
    box.lease = undefined;
    if (lease !== undefined) retire(lease);
  }

  async function serve(purseId: string, box: Box): Promise<void> {
    if (box.asking) return;
    box.asking = true;
    try {
      while (box.waiters.length > 0) {
        const [waiter] = box.waiters;
        if (waiter === undefined) return;
        const { lease } = box;
        if (isValid(lease) && freeOf(lease) >= waiter.wish.neededNano) {
          box.waiters.shift();
          waiter.resolve(takeHold(box, lease, waiter.wish));
          continue;
        }
        const refusal = await askForMore(purseId, box, waiter.wish);
        if (refusal === undefined) continue;
        box.waiters.shift();
        waiter.resolve(refusal);
      }
    } catch (error) {
      for (const waiter of box.waiters.splice(0)) waiter.reject(error);
    } finally {
      box.asking = false;
      if (box.lease?.scarce === true) giveBackFree(box.lease);
    }
  }

  /** @returns a refusal when there is not enough; undefined when the lease may have enough now. */
  async function askForMore(purseId: string, box: Box, wish: HoldWish): Promise<CreditRefusal | undefined> {
    const askedAtMs = now();
    const current = isValid(box.lease) ? box.lease : undefined;
    const free = current === undefined ? 0n : freeOf(current);
    const leaseId = current?.id ?? `lease_${randomBase62(16)}`;
    if (current === undefined) replace(box);
    const grant = await store
      .take({
        purseId,
        leaseId,
        gatewayId,
        neededNano: wish.neededNano - free,
        wantedNano: max(wish.wantedNano - free, waitingNano(box) - free, spendingNano(box)),
      })
      .catch((error: unknown) => {
        if (current !== undefined) current.uncertain = true;
        throw error;
      });
    if (grant.lost) {
      // What is held on it is settled by its own id.
      if (box.lease === current) replace(box);
      return undefined;
    }
    if (grant.grantedNano === 0n) return { refused: true, availableNano: grant.availableNano + free };
    const validUntilMs = askedAtMs + leaseTermMs - safetyMs;
    if (current === undefined) {
      box.lease = {
        id: leaseId,
        grantedNano: grant.grantedNano,
        chargedNano: 0n,
        heldNano: 0n,
        validUntilMs,
        lastUsedMs: askedAtMs,
        scarce: grant.scarce,
        uncertain: false,
        doubts: 0,
      };
      leases.set(leaseId, box.lease);
    } else {
      current.grantedNano += grant.grantedNano;
      current.validUntilMs = validUntilMs;
      current.scarce = grant.scarce;
      // Replaced meanwhile.
      if (box.lease !== current) retire(current);
    }
    return undefined;
  }

  function waitingNano({ waiters }: Box): bigint {
    return waiters.reduce((sum, { wish }) => sum + wish.wantedNano, 0n);
  }

  /** What is spent in `leaseForMs` at the rate of late. */
  function spendingNano(box: Box): bigint {
    const sinceMs = Math.max(now() - box.spentSinceMs, 1_000);
    const rate = (box.spentNano * BigInt(leaseForMs)) / BigInt(Math.ceil(sinceMs));
    if (sinceMs > leaseForMs) {
      box.spentNano /= 2n;
      box.spentSinceMs = now() - sinceMs / 2;
    }
    return rate;
  }

  return {
    hold(wish) {
      const box = boxOf(wish.purseId);
      const { lease } = box;
      if (box.waiters.length === 0 && isValid(lease) && freeOf(lease) >= wish.neededNano) {
        return takeHold(box, lease, wish);
      }
      return new Promise((resolve, reject) => {
        box.waiters.push({ wish, resolve, reject });
        void serve(wish.purseId, box);
      });
    },
    async renew() {
      const askedAtMs = now();
      const asked = [...leases.values()];
      const open = await store.renew(
        gatewayId,
        asked.map(({ id }) => id),
      );
      for (const lease of asked) {
        if (open.has(lease.id)) lease.validUntilMs = askedAtMs + leaseTermMs - safetyMs;
        else lease.validUntilMs = askedAtMs;
      }
      for (const [purseId, box] of boxes) {
        const { lease } = box;
        const isIdle = lease?.heldNano === 0n && askedAtMs - lease.lastUsedMs > idleMs;
        if (lease?.uncertain === true || isIdle || !isValid(lease)) replace(box);
        if (box.lease === undefined && box.waiters.length === 0) boxes.delete(purseId);
      }
    },
    release(concerns) {
      for (const [purseId, { lease }] of boxes) if (lease !== undefined && concerns(purseId)) giveBackFree(lease);
    },
    doubtHeld() {
      for (const lease of leases.values()) {
        if (lease.heldNano === 0n) continue;
        lease.doubts++;
        lease.uncertain = true;
      }
    },
    isHeld: (leaseId) => (leases.get(leaseId)?.heldNano ?? 0n) > 0n,
    async close() {
      await Promise.allSettled(
        [...leases.values()].map((lease) => {
          const free = freeOf(lease);
          lease.grantedNano -= free;
          return free > 0n ? store.giveBack(lease.id, free) : undefined;
        }),
      );
    },
  };
}

function max(...amounts: [bigint, ...bigint[]]): bigint {
  return amounts.reduce((most, amount) => (amount > most ? amount : most));
}
