/** The interactive lane against a real Redis: jobs one way, frames the other. */
import { type Frame, type Job, jobVersion, type LaneClass, laneClasses } from "@tera/protocol";
import { createTestRedis, newUsageRecord, type TestRedis } from "@tera/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type ClaimedJob,
  connectBlockingRedis,
  connectRedis,
  createLane,
  createReplyPublisher,
  dropUsageCopies,
  keys,
  publishInvalidation,
  type ReadLoop,
  type Redis,
  readUsageCopies,
  readWorkerStates,
  sendControl,
  startControlReader,
  startGatewayPresence,
  startLaneReader,
  startReplyReader,
  startWorkerPresence,
  subscribeInvalidation,
} from "./index.ts";

const silent = { info: () => undefined, warn: () => undefined };

let server: TestRedis;
let redis: Redis;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  server = await createTestRedis();
  redis = connectRedis(server.url, { name: "test", log: silent });
  await redis.connect();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const blocking = () => connectBlockingRedis(server.url, { name: "test", log: silent });

function job(requestId: string, laneClass: LaneClass = "normal"): Job {
  return {
    version: jobVersion,
    requestId,
    attempt: 1,
    gatewayId: "gw",
    accountId: "acct",
    keyId: "key",
    laneClass,
    stream: true,
    admittedAtMs: Date.now(),
    expiresAtMs: Date.now() + 60_000,
    avoidRunners: [],
    billing: { holds: [] },
    seal: "",
    request: { kind: "completion", model: "m", prompts: ["hi"], echo: false, n: 1, sampling: {} },
  };
}

function startReader(workerId: string, slots: { free: number }) {
  const claimed: ClaimedJob[] = [];
  const waiting = new Set<() => void>();
  const reader: ReadLoop = startLaneReader({
    model: "m",
    lanes: laneClasses,
    workerId,
    redis,
    blockingRedis: blocking(),
    freeSlots: () => slots.free,
    slotFreed: (signal) =>
      new Promise((resolve) => {
        waiting.add(resolve);
        signal.addEventListener("abort", () => resolve());
      }),
    onJob(one) {
      slots.free--;
      claimed.push(one);
    },
    log: silent,
  });
  cleanups.push(() => reader.stop());
  return {
    claimed,
    reader,
    freeSlot(count = 1) {
      slots.free += count;
      for (const wake of waiting) wake();
      waiting.clear();
    },
  };
}

const ids = (claimed: ClaimedJob[]) => claimed.map((one) => one.job.requestId);

describe("the lane", () => {
  it("hands a job to exactly one of several workers, and is empty once it was accepted", async () => {
    const lane = createLane({ redis });
    const workers = [startReader("w1", { free: 50 }), startReader("w2", { free: 50 }), startReader("w3", { free: 50 })];
    const sent = Array.from({ length: 60 }, (_, index) => `r${index}`);
    for (const id of sent) await lane.enqueue(job(id));
    await vi.waitFor(() => expect(workers.flatMap(({ claimed }) => claimed)).toHaveLength(60));
    expect(workers.flatMap(({ claimed }) => ids(claimed)).sort()).toEqual([...sent].sort());
    for (const { claimed } of workers) for (const one of claimed) expect(await one.accept()).toBe(true);
    expect(await redis.xlen(keys.lane("m", "normal"))).toBe(0);
  });

  it("never claims more than the free slots, and takes the higher classes first", async () => {
    const lane = createLane({ redis });
    for (const laneClass of ["low", "normal", "high"] as const) {
      for (let index = 0; index < 3; index++) await lane.enqueue(job(`${laneClass}-${index}`, laneClass));
    }
    const slots = { free: 4 };
    const worker = startReader("w1", slots);
    await vi.waitFor(() => expect(worker.claimed).toHaveLength(4));
    expect(ids(worker.claimed)).toEqual(["high-0", "high-1", "high-2", "normal-0"]);
    worker.freeSlot(2);
    await vi.waitFor(() => expect(worker.claimed).toHaveLength(6));
    expect(ids(worker.claimed).slice(4)).toEqual(["normal-1", "normal-2"]);
  });

  it("lets another worker take what a dead worker claimed and never accepted", async () => {
    const lane = createLane({ redis });
    const dead = startReader("dead", { free: 1 });
    await lane.enqueue(job("orphan"));
    await vi.waitFor(() => expect(dead.claimed).toHaveLength(1));
    await dead.reader.stop();
    const heir = startReader("heir", { free: 1 });
    await vi.waitFor(() => expect(ids(heir.claimed)).toEqual(["orphan"]), { timeout: 8_000 });
  });

  it("does not hand out what was withdrawn, and tells a worker that was faster", async () => {
    const lane = createLane({ redis });
    const entry = await lane.enqueue(job("withdrawn"));
    await lane.withdraw(entry);
    await lane.enqueue(job("kept"));
    const worker = startReader("w1", { free: 5 });
    await vi.waitFor(() => expect(ids(worker.claimed)).toEqual(["kept"]));

    const late = await lane.enqueue(job("late"));
    await vi.waitFor(() => expect(ids(worker.claimed)).toEqual(["kept", "late"]));
    await lane.withdraw(late);
    expect(await worker.claimed[1]?.accept()).toBe(false);
  });

  it("gives a job back so that another worker gets it", async () => {
    const lane = createLane({ redis });
    await lane.enqueue(job("back"));
    const first = startReader("w1", { free: 1 });
    await vi.waitFor(() => expect(first.claimed).toHaveLength(1));
    await first.claimed[0]?.giveBack();
    const second = startReader("w2", { free: 1 });
    await vi.waitFor(() => expect(ids(second.claimed)).toEqual(["back"]));
  });

  it("goes on after Redis lost everything", async () => {
    const lane = createLane({ redis });
    const worker = startReader("w1", { free: 5 });
    await lane.enqueue(job("before"));
    await vi.waitFor(() => expect(worker.claimed).toHaveLength(1));
    await redis.flushall();
    await lane.enqueue(job("after"));
    await vi.waitFor(() => expect(ids(worker.claimed)).toEqual(["before", "after"]), { timeout: 8_000 });
  });
});

describe("replies", () => {
  const delta = (requestId: string, seq: number): Frame => ({
    type: "delta",
    requestId,
    attempt: 1,
    seq,
    deltas: [{ index: 0, content: "x" }],
  });

  it("sends all frames of one turn as one entry per gateway, in order", async () => {
    const presence = await startGatewayPresence({ gatewayId: "gw", redis, log: silent });
    cleanups.push(() => presence.stop());
    const batches: Frame[][] = [];
    const reader = startReplyReader({
      gatewayId: "gw",
      redis,
      blockingRedis: blocking(),
      onFrames: (frames) => batches.push(frames),
      log: silent,
    });
    cleanups.push(() => reader.stop());
    const publisher = createReplyPublisher({ redis, onGatewayGone: () => undefined, log: silent });
    for (let index = 0; index < 256; index++) publisher.push("gw", delta(`r${index}`, 0));
    await publisher.drain();
    await vi.waitFor(() => expect(batches).toHaveLength(1));
    expect(batches[0]?.map((frame) => frame.requestId)).toEqual(Array.from({ length: 256 }, (_, index) => `r${index}`));
  });

  it("tells the worker when the gateway is gone, and does not bring its stream back", async () => {
    const gone: string[] = [];
    const publisher = createReplyPublisher({ redis, onGatewayGone: (gatewayId) => gone.push(gatewayId), log: silent });
    publisher.push("nobody", delta("r", 0));
    await publisher.drain();
    expect(gone).toEqual(["nobody"]);
    expect(await redis.exists(keys.reply("nobody"))).toBe(0);
  });

  it("keeps the usage copy of an end frame, also when its gateway is gone, until it is dropped", async () => {
    const publisher = createReplyPublisher({ redis, onGatewayGone: () => undefined, log: silent });
    const record = newUsageRecord({ requestId: "r", gatewayId: "gw" });
    publisher.pushLast("gw", { type: "end", requestId: "r", attempt: 1, seq: 3, usage: record.usage }, record);
    await publisher.drain();
    const { copies } = await readUsageCopies(redis, "gw", silent, () => false);
    expect(copies.map((copy) => copy.record)).toEqual([record]);
    await dropUsageCopies(
      redis,
      "gw",
      copies.map((copy) => copy.entryId),
    );
    expect(await readUsageCopies(redis, "gw", silent, () => false)).toEqual({ settledEntryIds: [], copies: [] });
  });
});

describe("signs of life, control and invalidation", () => {
  it("shows a worker while it lives and forgets it when it stops", async () => {
    const presence = startWorkerPresence({
      redis,
      log: silent,
      state: () => ({ version: 1, workerId: "w1", host: "h", startedAtMs: 1, draining: false, runners: [], gpus: [] }),
    });
    presence.announce();
    await vi.waitFor(async () =>
      expect((await readWorkerStates(redis)).map((state) => state.workerId)).toEqual(["w1"]),
    );
    await presence.stop();
    expect(await readWorkerStates(redis)).toEqual([]);
  });

  it("delivers a cancellation within 100 ms", async () => {
    const seen = new Promise<number>((resolve) => {
      const reader = startControlReader({
        workerId: "w1",
        blockingRedis: blocking(),
        onMessage: () => resolve(performance.now()),
        log: silent,
      });
      cleanups.push(() => reader.stop());
    });
    await redis.ping();
    const sentAt = performance.now();
    await sendControl(redis, "w1", { version: 1, type: "cancel", requestId: "r", attempt: 1, reason: "client" });
    expect((await seen) - sentAt).toBeLessThan(100);
  });

  it("wakes subscribers, and tells them when messages may have been missed", async () => {
    const messages: unknown[] = [];
    let reconnects = 0;
    const connection = blocking();
    const subscription = await subscribeInvalidation({
      blockingRedis: connection,
      onMessage: (message) => messages.push(message),
      onReconnect: () => reconnects++,
    });
    cleanups.push(() => subscription.stop());
    await publishInvalidation(redis, { type: "key", keyId: "key_1" });
    await vi.waitFor(() => expect(messages).toEqual([{ type: "key", keyId: "key_1" }]));
    await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    await vi.waitFor(() => expect(reconnects).toBe(1));
  });
});
