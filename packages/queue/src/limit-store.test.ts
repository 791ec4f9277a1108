/** Limits against a real Redis, on a clock that the test turns, held against a model that keeps every single request. */
import { createTestRedis, type TestRedis } from "@tera/testkit";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  connectRedis,
  createLimitStore,
  keys,
  type LimitAsk,
  type LimitTake,
  placesAliveMs,
  type Redis,
} from "./index.ts";

const silent = { info: () => undefined, warn: () => undefined };
/** Epoch milliseconds. */
const startMs = 1_800_000_000_000;

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await createTestRedis();
  redis = connectRedis(server.url, { name: "test", log: silent });
  await redis.connect();
});
afterEach(() => redis.flushall());
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const clock = { nowMs: startMs };
afterEach(() => {
  clock.nowMs = startMs;
});
const newStore = () => createLimitStore({ redis, now: () => clock.nowMs });
const requests = (max: number, cost = 1): LimitAsk => ({ subject: "key_1", kind: "requests", max, cost });
const tokens = (max: number, cost: number): LimitAsk => ({ subject: "account", kind: "tokens", max, cost });
const places = (max: number, subject = "key_1"): LimitAsk => ({ subject, kind: "concurrency", max, cost: 1 });

/** What a window should hold: every amount with its second, until that second has left the last 60. */
function createModel() {
  const taken: { second: number; amount: number }[] = [];
  const second = (ms: number) => Math.floor(ms / 1_000);
  return {
    add: (ms: number, amount: number) => taken.push({ second: second(ms), amount }),
    used: (nowMs: number) =>
      taken.filter((entry) => second(nowMs) - entry.second <= 60).reduce((sum, { amount }) => sum + amount, 0),
    /** The most that any 60 seconds have held. */
    worst: () =>
      Math.max(
        0,
        ...taken.map(({ second: first }) =>
          taken
            .filter((entry) => entry.second >= first && entry.second < first + 60)
            .reduce((sum, { amount }) => sum + amount, 0),
        ),
      ),
  };
}

describe("a window", () => {
  it("admits exactly what a model of it admits, whatever comes when, and never more than its limit in any minute", async () => {
    const step = fc.record({
      advanceMs: fc.oneof(fc.nat({ max: 900 }), fc.nat({ max: 15_000 }), fc.nat({ max: 130_000 })),
      cost: fc.integer({ min: 1, max: 12 }),
      /** Settles this earlier request, at so much of what it took; more than 1 is an engine that wrote on. */
      settle: fc.option(fc.record({ which: fc.nat(), share: fc.double({ min: 0, max: 2, noNaN: true }) })),
    });
    let account = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const accountId = `a${account++}`;
        const store = newStore();
        const [requestModel, tokenModel] = [createModel(), createModel()];
        const open: { place: string; takenAtMs: number; cost: number }[] = [];
        let overrun = 0;
        for (const { advanceMs, cost, settle } of steps) {
          clock.nowMs += advanceMs;
          const [held] = settle === null ? [] : open.splice(settle.which % Math.max(1, open.length), 1);
          if (settle !== null && held !== undefined) {
            const change = Math.floor(held.cost * settle.share) - held.cost;
            await store.settle({
              accountId,
              place: held.place,
              takenAtMs: held.takenAtMs,
              changes: [{ subject: "account", kind: "tokens", change }],
            });
            tokenModel.add(change > 0 ? clock.nowMs : held.takenAtMs, change);
            overrun += Math.max(0, change);
          }
          const place = store.newPlace();
          const take = await store.take(accountId, place, [requests(5), tokens(30, cost)]);
          const fits = requestModel.used(clock.nowMs) + 1 <= 5 && tokenModel.used(clock.nowMs) + cost <= 30;
          expect(take.admitted).toBe(fits);
          if (take.admitted) {
            requestModel.add(clock.nowMs, 1);
            tokenModel.add(clock.nowMs, cost);
            open.push({ place, takenAtMs: take.takenAtMs, cost });
          }
          expect(take.answers.map(({ used }) => used)).toEqual([
            requestModel.used(clock.nowMs),
            tokenModel.used(clock.nowMs),
          ]);
        }
        expect(requestModel.worst()).toBeLessThanOrEqual(5);
        expect(tokenModel.worst()).toBeLessThanOrEqual(30 + overrun);
      }),
      { numRuns: 150 },
    );
  });

  it("says to the millisecond when a refused request will pass", async () => {
    const gapsMs = fc.array(fc.nat({ max: 9_000 }), { minLength: 1, maxLength: 30 });
    let account = 0;
    await fc.assert(
      fc.asyncProperty(gapsMs, fc.integer({ min: 1, max: 20 }), async (gaps, cost) => {
        const accountId = `b${account++}`;
        const store = newStore();
        const ask = () => store.take(accountId, store.newPlace(), [requests(4), tokens(20, cost)]);
        for (const gapMs of gaps) {
          clock.nowMs += gapMs;
          const waitMs = longestWait(await ask());
          if (waitMs === 0) continue;
          const refusedAtMs = clock.nowMs;
          clock.nowMs = refusedAtMs + waitMs - 1;
          expect((await ask()).admitted).toBe(false);
          clock.nowMs = refusedAtMs + waitMs;
          expect((await ask()).admitted).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("counts nothing of a request that one of its limits refuses", async () => {
    const store = newStore();
    for (let count = 0; count < 3; count++)
      await store.take("a", store.newPlace(), [requests(10), tokens(10, 4), places(9)]);
    const look = await store.take("a", store.newPlace(), [requests(10, 0), tokens(10, 0), { ...places(9), cost: 0 }]);
    expect(look.answers.map(({ used }) => used)).toEqual([2, 8, 2]);
  });

  it("says that a request will never pass when it is larger than the limit", async () => {
    const store = newStore();
    expect(await store.take("a", store.newPlace(), [tokens(10, 11)])).toMatchObject({
      admitted: false,
      answers: [{ used: 0, waitMs: undefined }],
    });
  });

  it("begins anew after Redis was wiped, and a request from before harms nothing", async () => {
    const store = newStore();
    const place = store.newPlace();
    const { takenAtMs } = await store.take("a", place, [tokens(10, 8)]);
    await redis.flushall();
    await store.settle({
      accountId: "a",
      place,
      takenAtMs,
      changes: [{ subject: "account", kind: "tokens", change: -6 }],
    });
    expect((await store.take("a", store.newPlace(), [tokens(10, 0)])).answers[0]?.used).toBe(0);
    expect((await store.take("a", store.newPlace(), [tokens(10, 10)])).admitted).toBe(true);
  });

  it("goes by Redis' clock, and leaves nothing behind", async () => {
    const store = createLimitStore({ redis });
    const { takenAtMs } = await store.take("a", store.newPlace(), [requests(10)]);
    expect(Math.abs(takenAtMs - Date.now())).toBeLessThan(5_000);
    const ttlMs = await redis.pttl(keys.limit("a", "key_1", "requests"));
    expect(ttlMs).toBeGreaterThan(60_000);
    expect(ttlMs).toBeLessThanOrEqual(62_000);
  });
});

describe("places", () => {
  it("are never more than the limit, and free as soon as they are given up", async () => {
    const store = newStore();
    const taken = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const place = store.newPlace();
        return { place, ...(await store.take("a", place, [places(5), places(7, "account")])) };
      }),
    );
    const admitted = taken.filter((take) => take.admitted);
    expect(admitted).toHaveLength(5);
    const [first] = admitted;
    await store.settle({
      accountId: "a",
      place: first?.place ?? "",
      takenAtMs: clock.nowMs,
      changes: [
        { subject: "key_1", kind: "concurrency", change: 0 },
        { subject: "account", kind: "concurrency", change: 0 },
      ],
    });
    expect((await store.take("a", store.newPlace(), [places(5), places(7, "account")])).admitted).toBe(true);
    expect((await store.take("a", store.newPlace(), [places(5), places(7, "account")])).admitted).toBe(false);
  });

  it("of a gateway that is dead are free after its term, and those of one that lives are not", async () => {
    const [dead, alive] = [newStore(), newStore()];
    for (const store of [dead, dead, alive]) await store.take("a", store.newPlace(), [places(3)]);
    clock.nowMs += placesAliveMs - 1;
    expect(await alive.keepPlaces("a")).toBe(true);
    const late = newStore();
    expect((await late.take("a", late.newPlace(), [places(3)])).admitted).toBe(false);
    clock.nowMs += 2;
    const outcomes = [];
    for (let count = 0; count < 4; count++)
      outcomes.push((await late.take("a", late.newPlace(), [places(3)])).admitted);
    expect(outcomes).toEqual([true, true, false, false]);
    expect(await redis.zcard(keys.limit("a", "key_1", "concurrency"))).toBe(3);
  });

  it("are put back after Redis was wiped", async () => {
    const store = newStore();
    const place = store.newPlace();
    await store.take("a", place, [places(1)]);
    expect(await store.keepPlaces("a")).toBe(true);
    await redis.flushall();
    expect(await store.keepPlaces("a")).toBe(false);
    await store.putBackPlaces("a", [{ subject: "key_1", place }]);
    expect((await store.take("a", store.newPlace(), [places(1)])).admitted).toBe(false);
    await store.giveUpPlaces("a", [{ subject: "key_1", place }]);
    expect((await store.take("a", store.newPlace(), [places(1)])).admitted).toBe(true);
  });
});

function longestWait({ answers }: LimitTake): number {
  return Math.max(...answers.map(({ waitMs }) => waitMs ?? 0));
}
