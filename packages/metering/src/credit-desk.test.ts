/** The desk's arithmetic, on a store that keeps a purse as Postgres does. What Postgres does is tested in money-flow.test.ts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CreditDesk,
  type CreditDeskOptions,
  type CreditHold,
  createCreditDesk,
  isRefusal,
} from "./credit-desk.ts";
import { leaseTermMs } from "./credit-store.ts";

function playStore(balanceNano: bigint) {
  const state = { balance: balanceNano, leases: new Map<string, bigint>(), takes: 0, lost: false };
  const owners = new Map<string, string>();
  const leased = () => [...state.leases.values()].reduce((sum, amount) => sum + amount, 0n);
  const store: CreditDeskOptions["store"] = {
    async take({ leaseId, gatewayId, neededNano, wantedNano }) {
      state.takes++;
      owners.set(leaseId, gatewayId);
      const available = state.balance - leased();
      if (state.lost) {
        state.lost = false;
        return { grantedNano: 0n, scarce: true, availableNano: available, lost: true };
      }
      const scarce = available < 8n * wantedNano;
      const granted =
        available < neededNano ? 0n : scarce ? neededNano : wantedNano > neededNano ? wantedNano : neededNano;
      if (granted > 0n) state.leases.set(leaseId, (state.leases.get(leaseId) ?? 0n) + granted);
      return { grantedNano: granted, scarce, availableNano: available, lost: false };
    },
    async giveBack(leaseId, amountNano) {
      const amount = state.leases.get(leaseId) ?? 0n;
      state.leases.set(leaseId, amount - (amountNano ?? amount));
    },
    renew: async (_gatewayId, leaseIds) => new Set(leaseIds.filter((id) => state.leases.has(id))),
    async findHolders(_purseId, gatewayId) {
      const holders = [...state.leases].filter(([id, amount]) => amount > 0n && owners.get(id) !== gatewayId);
      const gatewayIds = [...new Set(holders.map(([id]) => owners.get(id) ?? ""))];
      return { gatewayIds, availableNano: state.balance - leased() };
    },
  };
  /** What settling does: the charge leaves lease and balance. */
  function charge(hold: CreditHold, nano: bigint): void {
    state.balance -= nano;
    state.leases.set(hold.leaseId, (state.leases.get(hold.leaseId) ?? 0n) - nano);
    hold.settle(nano);
  }
  return { state, store, leased, charge };
}

/** A desk that hears of no other. */
function openDesk(store: CreditDeskOptions["store"], options: Partial<CreditDeskOptions> = {}): CreditDesk {
  return createCreditDesk({ store, gatewayId: "g", recall: async () => undefined, ...options });
}

/** Desks that hear each other at once. */
function openDesks(store: CreditDeskOptions["store"], count: number): { desks: CreditDesk[]; asked: string[] } {
  const asked: string[] = [];
  const desks: CreditDesk[] = Array.from({ length: count }, (_, number) =>
    openDesk(store, {
      gatewayId: `g${number}`,
      async recall(purseId, gatewayIds) {
        asked.push(`g${number} asks ${gatewayIds.join(" and ")}`);
        await Promise.all(gatewayIds.map((id) => desks[Number(id.slice(1))]?.giveBackIdle(purseId)));
      },
    }),
  );
  return { desks, asked };
}

const wish = (nano: bigint) => ({ purseId: "p", neededNano: nano, wantedNano: nano });

async function held(result: ReturnType<ReturnType<typeof createCreditDesk>["hold"]>): Promise<CreditHold> {
  const settled = await result;
  if (isRefusal(settled)) throw new Error("refused");
  return settled;
}

describe("the credit desk", () => {
  it("asks once for many requests, and then answers without a promise", async () => {
    const { state, store } = playStore(1_000_000n);
    const desk = openDesk(store);
    await Promise.all(Array.from({ length: 100 }, () => held(desk.hold(wish(10n)))));
    expect(state.takes).toBeLessThan(5);
    const first = await held(desk.hold(wish(10n)));
    first.settle(0n);
    expect(desk.hold(wish(10n))).not.toBeInstanceOf(Promise);
  });

  it("refuses what is not there, and says what is", async () => {
    const { store } = playStore(25n);
    const desk = openDesk(store);
    await held(desk.hold(wish(10n)));
    expect(await desk.hold(wish(20n))).toEqual({ refused: true, availableNano: 15n });
  });

  it("gives back what is not needed while little is left", async () => {
    const { store, leased, charge } = playStore(30n);
    const desk = openDesk(store);
    const hold = await held(desk.hold(wish(20n)));
    charge(hold, 5n);
    await new Promise(setImmediate);
    expect(leased()).toBe(0n);
  });

  it("gives back what is free of a purse when asked to, and lets what is held be", async () => {
    const { leased, store } = playStore(1_000_000n);
    const desk = openDesk(store);
    const [one] = await Promise.all([held(desk.hold(wish(10n))), held(desk.hold(wish(30n)))]);
    one.settle(0n);
    desk.release((purseId) => purseId === "another");
    await new Promise(setImmediate);
    expect(leased()).toBeGreaterThanOrEqual(40n);
    desk.release((purseId) => purseId === "p");
    await new Promise(setImmediate);
    expect(leased()).toBe(30n);
  });

  it("does not use a lease whose term is over by its own clock", async () => {
    let nowMs = 0;
    const { state, store } = playStore(1_000_000n);
    const desk = openDesk(store, { now: () => nowMs });
    (await held(desk.hold(wish(10n)))).settle(0n);
    nowMs = leaseTermMs;
    const { takes } = state;
    await held(desk.hold(wish(10n)));
    expect(state.takes).toBe(takes + 1);
    expect(state.leases.size).toBe(2);
  });

  it("begins a new lease when Postgres has closed the old one", async () => {
    const { state, store } = playStore(100n);
    const desk = openDesk(store);
    await held(desk.hold(wish(10n)));
    state.lost = true;
    await held(desk.hold(wish(10n)));
    expect(state.leases.size).toBe(2);
  });

  it("lets everybody know when Postgres is away", async () => {
    const desk = openDesk({ ...playStore(1n).store, take: () => Promise.reject(new Error("away")) });
    const asked = [desk.hold(wish(1n)), desk.hold(wish(1n))];
    for (const one of asked) await expect(one).rejects.toThrow("away");
  });

  it("renews a lease only while it is used or something is held on it", async () => {
    const { store } = playStore(1_000_000n);
    let nowMs = 0;
    let renewed: readonly string[] = [];
    const watched = {
      ...store,
      renew: (gatewayId: string, leaseIds: readonly string[]) => {
        renewed = leaseIds;
        return store.renew(gatewayId, leaseIds);
      },
    };
    const desk = openDesk(watched, { now: () => nowMs });
    const hold = await held(desk.hold(wish(10n)));
    await desk.renew();
    expect(renewed).toEqual([hold.leaseId]);
    // Not renewed in time: another takes its place, and what is held on it is still held.
    nowMs = leaseTermMs;
    const other = await held(desk.hold(wish(10n)));
    await desk.renew();
    expect(renewed).toEqual([hold.leaseId, other.leaseId]);
    expect(desk.isHeld(hold.leaseId)).toBe(true);
    hold.settle(1n);
    expect(desk.isHeld(hold.leaseId)).toBe(false);
    await desk.renew();
    expect(renewed).toEqual([other.leaseId]);
    // Idle.
    other.settle(1n);
    nowMs += 11_000;
    await desk.renew();
    await desk.renew();
    expect(renewed).toEqual([]);
  });

  it("keeps a lease that was granted while the others were renewed", async () => {
    const { store } = playStore(1_000_000n);
    let finishRenewal: (open: Set<string>) => void = () => undefined;
    const slow = { ...store, renew: () => new Promise<Set<string>>((resolve) => (finishRenewal = resolve)) };
    const desk = openDesk(slow);
    const renewal = desk.renew();
    const first = await held(desk.hold(wish(10n)));
    finishRenewal(new Set());
    await renewal;
    const second = await held(desk.hold(wish(10n)));
    expect(second.leaseId).toBe(first.leaseId);
  });

  it("lets a lease expire of which Postgres may have more than is known here", async () => {
    const { store } = playStore(25n);
    let isAway = false;
    const away = () => Promise.reject(new Error("away"));
    const flaky: typeof store = {
      ...store,
      take: (asked) => (isAway ? away() : store.take(asked)),
      giveBack: (leaseId, amount) => (isAway ? away() : store.giveBack(leaseId, amount)),
    };
    const desk = openDesk(flaky);
    const first = await held(desk.hold(wish(20n)));
    isAway = true;
    first.settle(5n);
    await new Promise(setImmediate);
    isAway = false;
    await desk.renew();
    const second = await held(desk.hold(wish(1n)));
    expect(second.leaseId).not.toBe(first.leaseId);
  });

  it("uses nothing again of what others may have settled in its place", async () => {
    const { store, leased } = playStore(100n);
    const desk = openDesk(store);
    const doubted = await held(desk.hold(wish(60n)));
    desk.doubtHeld();
    const later = await held(desk.hold(wish(10n)));
    doubted.settle(0n);
    expect(await desk.hold(wish(40n))).toMatchObject({ refused: true });
    later.settle(0n);
    await new Promise(setImmediate);
    expect(leased()).toBe(60n);
  });

  it("has what lies idle at another gateway brought back before it refuses", async () => {
    const { state, store } = playStore(100n);
    const { desks, asked } = openDesks(store, 3);
    const [one, two] = desks;
    // Four are waited for, and two of them are not needed in the end.
    const holds = await Promise.all([1, 2, 3, 4].map(() => held((one ?? expect.fail()).hold(wish(3n)))));
    for (const hold of holds.slice(2)) hold.settle(0n);
    state.balance = 12n;
    expect((await held((two ?? expect.fail()).hold(wish(6n)))).amountNano).toBe(6n);
    expect(asked).toEqual(["g1 asks g0"]);
    // And what gets free there now goes back at once.
    for (const hold of holds.slice(0, 2)) hold.settle(0n);
    await held((two ?? expect.fail()).hold(wish(6n)));
    expect(asked).toEqual(["g1 asks g0"]);
  });

  it("asks nobody where nobody else has any of it, and asks again once at the most where they use it", async () => {
    const { store } = playStore(10n);
    const { desks, asked } = openDesks(store, 2);
    const [one, two] = desks;
    expect(await one?.hold(wish(11n))).toMatchObject({ refused: true, availableNano: 10n });
    expect(asked).toEqual([]);
    await held((one ?? expect.fail()).hold(wish(8n)));
    // All that wait share the asking.
    const refusals = await Promise.all(Array.from({ length: 50 }, () => two?.hold(wish(3n))));
    expect(refusals).toEqual(Array.from({ length: 50 }, () => ({ refused: true, availableNano: 2n })));
    expect(asked).toEqual(["g1 asks g0", "g1 asks g0"]);
  });

  it("finds what it has itself given back a moment ago, though Postgres hears of it after the question", async () => {
    const { store } = playStore(10n);
    let arrive: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const desk = openDesk({
      ...store,
      async take(asked) {
        const grant = await store.take(asked);
        if (grant.grantedNano === 0n) arrive();
        return grant;
      },
      giveBack: (leaseId, amount) => late.then(() => store.giveBack(leaseId, amount)),
    });
    (await held(desk.hold(wish(10n)))).settle(0n);
    await held(desk.hold(wish(10n)));
  });

  it("of any requests and charges, several desks never hold more than there is, and in the end all of it is charged or back", async () => {
    const step = fc.record({
      desk: fc.nat(2),
      needed: fc.bigInt({ min: 1n, max: 40n }),
      charged: fc.bigInt({ min: 0n, max: 40n }),
      later: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 0n, max: 300n }), fc.array(step, { maxLength: 60 }), async (balance, steps) => {
        const { state, store, leased, charge } = playStore(balance);
        const { desks } = openDesks(store, 3);
        const open: [CreditHold, bigint][] = [];
        let charged = 0n;
        const finish = ([hold, nano]: [CreditHold, bigint]) => {
          charged += nano;
          charge(hold, nano);
        };
        for (const { desk, needed, charged: wanted, later } of steps) {
          const result = await desks[desk]?.hold(wish(needed));
          expect(leased()).toBeLessThanOrEqual(state.balance);
          if (result === undefined) continue;
          if (isRefusal(result)) {
            // Nothing lies idle anywhere: what is not charged is held, or too little.
            const heldNano = open.reduce((sum, [hold]) => sum + hold.amountNano, 0n);
            expect(state.balance - heldNano).toBeLessThan(needed);
            continue;
          }
          const ended: [CreditHold, bigint] = [result, wanted < result.amountNano ? wanted : result.amountNano];
          if (later) open.push(ended);
          else finish(ended);
        }
        for (const ended of open) finish(ended);
        await Promise.all(desks.map((desk) => desk.close()));
        expect(leased()).toBe(0n);
        expect(state.balance).toBe(balance - charged);
      }),
      { numRuns: 300 },
    );
  });
});
