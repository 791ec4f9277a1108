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
 * Where a purse has too little left, other gateways may have what lies idle in their leases. They are asked to give that back before a request is refused, and from then on give
 * back at once what gets free: credit is spent at whichever gateway a request lands. Asking is only a hint; credit moves in Postgres alone.
 *
 * A question about a lease whose answer is lost (Postgres went away) leaves it with at least as much in Postgres as here. It is used on, and at the next renewal another takes its
 * place: renewed only while something is held on it, it expires then, and what nobody knows of goes back with it.
 */
import { randomBase62 } from "@tera/protocol";
import { type CreditStore, leaseTermMs } from "./credit-store.ts";
import { createSpendingRate, type SpendingRate } from "./spending-rate.ts";

/** Renewed well before the term is over. */
export const renewEveryMs = 15_000;
const safetyMs = 5_000;
/** Unused for this long, a lease goes back. */
const idleMs = 10_000;
/** How often other gateways are asked for one request: again, because what came back may have gone to somebody else who asked. */
const recallsMax = 2;

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
  /** Another gateway needs it: gives back what is free of this purse, and from now on what gets free. Resolves when all that was given back has reached Postgres, or failed to. */
  giveBackIdle(purseId: string): Promise<void>;
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
  purseId: string;
  grantedNano: bigint;
  chargedNano: bigint;
  heldNano: bigint;
  /** Of `now`. */
  validUntilMs: number;
  lastUsedMs: number;
  /** What gets free goes back at once. */
  scarce: boolean;
  /** Postgres may have more in it than we know. */
  uncertain: boolean;
  /** How often what is held was doubted. */
  doubts: number;
}

interface Waiter {
  wish: HoldWish;
  /** How often other gateways were asked since it waits. */
  recalls: number;
  resolve(result: CreditHold | CreditRefusal): void;
  reject(error: unknown): void;
}

interface Box {
  lease: Lease | undefined;
  waiters: Waiter[];
  asking: boolean;
  spending: SpendingRate;
}

export interface CreditDeskOptions {
  store: Pick<CreditStore, "take" | "giveBack" | "renew" | "findHolders">;
  gatewayId: string;
  /** Asks these gateways for `giveBackIdle`. Resolves when they have done it, or have had enough time. Never rejects. */
  recall(purseId: string, gatewayIds: readonly string[]): Promise<void>;
  /** Milliseconds of a clock that never goes back; for tests. */
  now?: () => number;
}

export function createCreditDesk(options: CreditDeskOptions): CreditDesk {
  const { store, gatewayId, recall, now = () => performance.now() } = options;
  const boxes = new Map<string, Box>();
  /** Those that something is held on, and those that boxes use. By id. */
  const leases = new Map<string, Lease>();
  /** On its way back to Postgres. By purse. */
  const returning = new Map<string, Set<Promise<void>>>();

  function boxOf(purseId: string): Box {
    let box = boxes.get(purseId);
    if (box === undefined) {
      box = { lease: undefined, waiters: [], asking: false, spending: createSpendingRate(now) };
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
        box.spending.add(chargeNano);
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
    const done = store
      .giveBack(lease.id, free)
      .catch(() => {
        lease.uncertain = true;
      })
      .finally(() => {
        underWay.delete(done);
        if (underWay.size === 0) returning.delete(lease.purseId);
      });
    const underWay = returning.get(lease.purseId) ?? new Set();
    returning.set(lease.purseId, underWay.add(done));
  }

  const returned = (purseId: string) => Promise.all(returning.get(purseId) ?? []);

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
        if (waiter.recalls < recallsMax && (await gather(purseId, box, waiter.wish))) continue;
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

  /** Has what lies idle brought back, for all who wait now. @returns false: to ask Postgres again is of no use. */
  async function gather(purseId: string, box: Box, { neededNano }: HoldWish): Promise<boolean> {
    for (const waiter of box.waiters) waiter.recalls++;
    // What we gave back ourselves may come to Postgres after the question.
    await returned(purseId);
    const { gatewayIds, availableNano } = await store.findHolders(purseId, gatewayId);
    if (gatewayIds.length > 0) await recall(purseId, gatewayIds);
    const free = isValid(box.lease) ? freeOf(box.lease) : 0n;
    return gatewayIds.length > 0 || availableNano + free >= neededNano;
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
        wantedNano: max(wish.wantedNano - free, waitingNano(box) - free, box.spending.perWindowNano()),
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
        purseId,
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

  return {
    hold(wish) {
      const box = boxOf(wish.purseId);
      const { lease } = box;
      if (box.waiters.length === 0 && isValid(lease) && freeOf(lease) >= wish.neededNano) {
        return takeHold(box, lease, wish);
      }
      return new Promise((resolve, reject) => {
        box.waiters.push({ wish, recalls: 0, resolve, reject });
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
    async giveBackIdle(purseId) {
      const lease = boxes.get(purseId)?.lease;
      if (lease !== undefined) {
        lease.scarce = true;
        giveBackFree(lease);
      }
      await returned(purseId);
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
