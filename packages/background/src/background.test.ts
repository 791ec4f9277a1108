/** Background work on a real Postgres and a real Redis. */

import { once } from "node:events";
import { createServer } from "node:http";
import { connectDatabase, notice } from "@tera/database";
import { createMetrics } from "@tera/telemetry";
import { createTestDatabase, createTestRedis } from "@tera/testkit";
import { Redis } from "ioredis";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { type Background, startBackground } from "./background.ts";
import { createNoticeDelivery, type NoticeDelivery, signNotice } from "./notices/deliver-notice.ts";
import { createNoticeStore } from "./notices/notice-store.ts";
import type { Run } from "./run.ts";
import { createRunLog } from "./run-log.ts";

const [testDatabase, testRedis] = await Promise.all([createTestDatabase(), createTestRedis()]);
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const { db } = database;
const redis = new Redis(testRedis.url);
const secret = Buffer.from("a secret that a test may know");
/** A run starts when the queue gets to it. */
const patiently = { timeout: 15_000 };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
afterAll(async () => {
  redis.disconnect();
  await database.close();
  await Promise.all([testDatabase.drop(), testRedis.stop()]);
});

interface CountedRun extends Run {
  times: number;
}

function countedRun(name: string, work: (signal: AbortSignal) => Promise<void> = async () => undefined): CountedRun {
  const run: CountedRun = {
    name,
    schedule: { pattern: "0 0 1 1 *", dueAfterMs: 3_600_000 },
    attemptsMax: 3,
    times: 0,
    async work(signal) {
      run.times++;
      await work(signal);
      return { times: run.times };
    },
  };
  return run;
}

async function start(
  runs: readonly Run[],
  notices?: NoticeDelivery,
): Promise<{ background: Background; metrics(): Promise<string> }> {
  const registry = createMetrics({ labels: {} });
  const background = await startBackground({ redisUrl: testRedis.url, db, runs, notices, registry, log });
  onTestFinished(() => background.stop());
  return { background, metrics: () => registry.metrics() };
}

const rowOf = async (name: string) => (await createRunLog({ db }).list()).find((row) => row.name === name);

test("what was never run, or too long ago, is run at once; what was run lately waits for its time", async () => {
  const run = countedRun("due");
  const { background, metrics } = await start([run]);
  await expect.poll(() => rowOf("due"), patiently).toMatchObject({ outcome: { times: 1 }, failure: null });
  await background.mind();
  await background.stop();
  expect(run.times).toBe(1);
  expect(await metrics()).toMatch(/tera_background_last_success_timestamp_seconds\{run="due"\} \d{10}/);
});

test("a run is given to one of two gateways", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const runs = [countedRun("shared", () => held), countedRun("shared", () => held)];
  const gateways = await Promise.all(runs.map((run) => start([run])));
  await expect.poll(() => runs.map(({ times }) => times).toSorted(), patiently).toEqual([0, 1]);
  await Promise.all(gateways.map(({ background }) => background.mind()));
  release();
  await expect.poll(() => rowOf("shared"), patiently).toMatchObject({ outcome: { times: 1 } });
  expect(runs.map(({ times }) => times).toSorted()).toEqual([0, 1]);
});

test("a Redis that was wiped gets its schedulers back, and what is due is found in Postgres", async () => {
  const run = countedRun("wiped");
  const { background } = await start([run]);
  await expect.poll(() => rowOf("wiped"), patiently).toMatchObject({ outcome: { times: 1 } });
  await redis.flushall();
  await db.execute(`update background_run set succeeded_at = '2020-01-01' where name = 'wiped'`);
  await background.mind();
  await expect.poll(() => rowOf("wiped"), patiently).toMatchObject({ outcome: { times: 2 } });
  expect(await redis.zcard("{tera}:bull:runs:repeat")).toBe(1);
});

test("a run that fails says why in Postgres", async () => {
  await start([
    countedRun("failing", async () => {
      throw new Error("the bank is closed");
    }),
  ]);
  await expect
    .poll(() => rowOf("failing"), patiently)
    .toMatchObject({ succeededAt: null, failure: "the bank is closed" });
});

test("a gateway that stops tells its runs", async () => {
  let aborted = false;
  const { background } = await start([
    countedRun("stopped", async (signal) => {
      await once(signal, "abort");
      aborted = true;
    }),
  ]);
  await expect.poll(() => rowOf("stopped"), patiently).toBeDefined();
  await background.stop();
  expect(aborted).toBe(true);
});

async function startReceiver(status: () => number) {
  const received: { headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(status(), { location: "http://127.0.0.1:1/" }).end("whatever");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/hook`, received };
}

test("a notice is written once, delivered once, and signed", async () => {
  const store = createNoticeStore({ db });
  const one = { type: "invoice.issued" as const, reference: "2026-000001", payload: { total: "1.5" } };
  expect(await store.add([one, { ...one, reference: "2026-000002" }])).toBe(2);
  expect(await store.add([one])).toBe(0);
  const { url, received } = await startReceiver(() => 204);
  const { background } = await start([], createNoticeDelivery({ store, url, secret }));
  await expect.poll(() => store.listWaiting(10), patiently).toEqual([]);
  await background.mind();
  expect(received).toHaveLength(2);
  const { headers, body } = received.find((each) => each.body.includes("1.5")) ?? { headers: {}, body: "" };
  expect(JSON.parse(body)).toMatchObject({ type: "invoice.issued", data: { total: "1.5" } });
  const signature = signNotice(secret, String(headers["webhook-id"]), String(headers["webhook-timestamp"]), body);
  expect(headers["webhook-signature"]).toBe(signature);
});

test("a signature is what Standard Webhooks says", () => {
  // From the specification's own libraries: github.com/standard-webhooks/standard-webhooks.
  const key = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
  expect(signNotice(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}')).toBe(
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  );
});

test("a notice that is not taken is tried again, and given up in the end; redirects are not followed", async () => {
  const store = createNoticeStore({ db });
  const { url, received } = await startReceiver(() => 302);
  const delivery = createNoticeDelivery({ store, url, secret });
  await store.add([{ type: "balance.low", reference: "acct:1", payload: {} }]);
  const [id = ""] = await store.listWaiting(1);
  expect(await delivery.deliver(id)).toBe("failed");
  expect(await store.find(id)).toMatchObject({ attempts: 1, failure: "not reachable" });
  await db.update(notice).set({ attempts: 35 });
  expect(await delivery.deliver(id)).toBe("abandoned");
  expect(await delivery.deliver(id)).toBe("gone");
  expect(received).toHaveLength(2);
});
