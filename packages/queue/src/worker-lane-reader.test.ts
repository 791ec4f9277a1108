/** A worker's own lane against a real Redis. */
import { type Job, jobVersion } from "@tera/protocol";
import { createTestRedis, type TestRedis } from "@tera/testkit";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import {
  type ClaimedJob,
  connectBlockingRedis,
  connectRedis,
  createLane,
  keys,
  type Redis,
  startWorkerLaneReader,
  type WorkerLaneReader,
} from "./index.ts";

const silent = { info: () => undefined, warn: () => undefined };
let server: TestRedis;
let redis: Redis;
const readers: WorkerLaneReader[] = [];

beforeAll(async () => {
  server = await createTestRedis();
  redis = connectRedis(server.url, { name: "test", log: silent });
  await redis.connect();
});
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.stop();
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

function job(requestId: string): Job {
  return {
    version: jobVersion,
    requestId,
    attempt: 2,
    gatewayId: "gw",
    accountId: "acct",
    keyId: "key",
    laneClass: "normal",
    stream: true,
    admittedAtMs: Date.now(),
    expiresAtMs: Date.now() + 60_000,
    avoidRunners: ["w2/r"],
    billing: { holds: [] },
    seal: "",
    request: { kind: "completion", model: "m", prompts: ["hi"], echo: false, n: 1, sampling: {} },
  };
}

function startReader(verdict: () => "taken" | "wait" | "passOn" | "drop") {
  const offered: ClaimedJob[] = [];
  const reader = startWorkerLaneReader({
    workerId: "w1",
    redis,
    blockingRedis: connectBlockingRedis(server.url, { name: "test", log: silent }),
    onJob(claimed) {
      offered.push(claimed);
      return verdict();
    },
    log: silent,
  });
  readers.push(reader);
  return { reader, offered };
}

const left = () => redis.xlen(keys.workerLane("w1"));

test("a job for one worker reaches it, and is off its lane once it was accepted", async () => {
  const { offered } = startReader(() => "taken");
  const lane = createLane({ redis });
  await lane.enqueue(job("r1"), "w1");
  await lane.enqueue(job("other"), "w2");
  await vi.waitFor(() => expect(offered).toHaveLength(1));
  expect(offered[0]?.job).toMatchObject({ requestId: "r1", attempt: 2, avoidRunners: ["w2/r"] });
  expect(await offered[0]?.accept()).toBe(true);
  expect(await left()).toBe(0);
});

test("what was withdrawn cannot be accepted", async () => {
  const { offered } = startReader(() => "taken");
  const lane = createLane({ redis });
  const entry = await lane.enqueue(job("r1"), "w1");
  await vi.waitFor(() => expect(offered).toHaveLength(1));
  await lane.withdraw(entry);
  expect(await offered[0]?.accept()).toBe(false);
});

test("a job that finds no free slot waits here, and is offered again", async () => {
  let free = false;
  const { reader, offered } = startReader(() => (free ? "taken" : "wait"));
  await createLane({ redis }).enqueue(job("r1"), "w1");
  await vi.waitFor(() => expect(offered).toHaveLength(1));
  free = true;
  reader.pump();
  expect(offered).toHaveLength(2);
  reader.pump();
  expect(offered).toHaveLength(2);
});

test("a job that cannot be done here is passed on to the model's lane, once", async () => {
  startReader(() => "passOn");
  await createLane({ redis }).enqueue(job("r1"), "w1");
  await vi.waitFor(async () => expect(await redis.xlen(keys.lane("m", "normal"))).toBe(1));
  expect(await left()).toBe(0);
});

test("what waits when the worker stops is passed on", async () => {
  const { reader, offered } = startReader(() => "wait");
  await createLane({ redis }).enqueue(job("r1"), "w1");
  await vi.waitFor(() => expect(offered).toHaveLength(1));
  await reader.stop();
  expect(await redis.xlen(keys.lane("m", "normal"))).toBe(1);
  expect(await left()).toBe(0);
});

test("what nobody waits for any more is dropped", async () => {
  startReader(() => "drop");
  await createLane({ redis }).enqueue(job("r1"), "w1");
  await vi.waitFor(async () => expect(await left()).toBe(0));
  expect(await redis.xlen(keys.lane("m", "normal"))).toBe(0);
});

test("a lane whose worker is gone for good goes too", async () => {
  await createLane({ redis }).enqueue(job("r1"), "w1");
  expect(await redis.pttl(keys.workerLane("w1"))).toBeGreaterThan(0);
});

test("a thousand jobs wait in the worker, the rest on its lane until there is room", async () => {
  const lane = createLane({ redis });
  await Promise.all(Array.from({ length: 1_005 }, (_, number) => lane.enqueue(job(`r${number}`), "w1")));
  let verdict: "wait" | "taken" = "wait";
  const { reader, offered } = startReader(() => verdict);
  const seen = () => new Set(offered.map(({ job: { requestId } }) => requestId)).size;
  await vi.waitFor(() => expect(seen()).toBe(1_000));
  // What blocks for new entries would have read these by now.
  await lane.enqueue(job("last"), "w1");
  await redis.xlen(keys.workerLane("w1"));
  expect(seen()).toBe(1_000);
  verdict = "taken";
  reader.pump();
  await vi.waitFor(() => expect(seen()).toBe(1_006));
});
