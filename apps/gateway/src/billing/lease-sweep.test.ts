import type { UsageRecord } from "@tera/protocol";
import { connectRedis, keys, type Redis } from "@tera/queue";
import { createTestRedis, newUsageRecord } from "@tera/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type LeaseSweep, startLeaseSweep } from "./lease-sweep.ts";

const log = { info: () => undefined, warn: () => undefined };
const server = await createTestRedis();
const redis: Redis = connectRedis(server.url, { name: "test", log });

let expired: { leaseId: string; gatewayId: string }[];
let closed: string[];
let heldLeases: Set<string>;
let pending: UsageRecord[];
let sweep: LeaseSweep;
let nowMs = 0;
let isAway = false;
/** Two looks, far enough apart. */
async function lookTwice(): Promise<void> {
  await sweep.sweep();
  nowMs += 15_000;
  await sweep.sweep();
}

beforeAll(() => redis.connect());
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
  [expired, closed, heldLeases, pending] = [[], [], new Set(), []];
  sweep?.stop();
  sweep = startLeaseSweep({
    gatewayId: "me",
    redis,
    creditStore: {
      async findExpired() {
        if (isAway) throw new Error("away");
        return expired;
      },
      giveBack: async (leaseId) => void closed.push(leaseId),
    },
    desk: { renew: async () => undefined, isHeld: (leaseId) => heldLeases.has(leaseId) },
    hasPendingUsage: (matches) => pending.some(matches),
    log,
    now: () => nowMs,
  });
});
afterAll(() => sweep.stop());

function record(leaseId: string) {
  return newUsageRecord({ gatewayId: "me", billing: { holds: [{ purseId: "acct_1", leaseId }] } });
}
const seen = (gatewayId: string, agoMs: number) => redis.zadd(keys.gateways, Date.now() - agoMs, gatewayId);
const copy = (gatewayId: string, leaseId: string) =>
  redis.xadd(keys.usage(gatewayId), "*", "r", JSON.stringify(record(leaseId)));

test("a living gateway's lease is its own business, a silent or unknown one's goes back", async () => {
  expired = ["alive", "silent", "unknown"].map((gatewayId) => ({ leaseId: `lease_${gatewayId}`, gatewayId }));
  await seen("alive", 100);
  await seen("silent", 6_000);
  await lookTwice();
  expect(closed).toEqual(["lease_silent", "lease_unknown"]);
});

test("our own lease is kept while something is held on it", async () => {
  expired = [{ leaseId: "lease_1", gatewayId: "me" }];
  await seen("me", 0);
  heldLeases.add("lease_1");
  await lookTwice();
  expect(closed).toEqual([]);
  heldLeases.clear();
  await lookTwice();
  expect(closed).toEqual(["lease_1"]);
});

test("a lease is kept while usage that names it waits, and other usage keeps nothing", async () => {
  expired = ["lease_1", "lease_2", "lease_3"].map((leaseId) => ({ leaseId, gatewayId: "dead" }));
  pending = [record("lease_1"), record("lease_other")];
  // More than one page before it.
  await Promise.all(Array.from({ length: 700 }, () => copy("dead", "lease_other")));
  await copy("dead", "lease_2");
  await lookTwice();
  expect(closed).toEqual(["lease_3"]);
});

test("a lease is closed only when nothing spoke against it for a while, without a failure between", async () => {
  expired = [{ leaseId: "lease_1", gatewayId: "dead" }];
  await sweep.sweep();
  nowMs += 10_000;
  await sweep.sweep();
  expect(closed).toEqual([]);
  isAway = true;
  await expect(sweep.sweep()).rejects.toThrow("away");
  isAway = false;
  nowMs += 10_000;
  await sweep.sweep();
  expect(closed).toEqual([]);
  nowMs += 15_000;
  await sweep.sweep();
  expect(closed).toEqual(["lease_1"]);
});
