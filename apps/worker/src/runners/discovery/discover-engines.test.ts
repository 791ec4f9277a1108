/** Discovery in a worker: real Redis, fake engines on free ports that stand for the usual ones. */
import { connectBlockingRedis, connectRedis } from "@tera/queue";
import { createTestRedis, type FakeRunner, startFakeRunner } from "@tera/testkit";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { startWorker, type Worker } from "../../worker.ts";
import { createHttpRunner } from "../http/http-runner.ts";
import { type AttachMessage, discoverEngines } from "./discover-engines.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const testRedis = await createTestRedis();
afterAll(() => testRedis.stop());
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startFake(settings: Parameters<typeof startFakeRunner>[0] = {}): Promise<FakeRunner> {
  const fake = await startFakeRunner({ models: ["org/m"], ...settings });
  cleanups.push(() => fake.close());
  return fake;
}

const portOf = ({ url }: { url: string }) => Number(new URL(url).port);

async function startDiscovering(
  workerId: string,
  ports: readonly number[],
  { urls = [] as string[], timing = {} } = {},
) {
  const redis = connectRedis(testRedis.url, { name: "test", log });
  await redis.connect();
  const worker: Worker = startWorker({
    workerId,
    redis,
    connectBlocking: (name) => connectBlockingRedis(testRedis.url, { name, log }),
    runners: urls.map(
      (url, index) => (ears) => createHttpRunner({ kind: "http", id: `named-${index}`, url }, { log, ...ears }),
    ),
    readGpus: () => [],
    drainMs: 0,
    liveReserve: 1,
    log,
  });
  const told: AttachMessage[] = [];
  const discovery = discoverEngines({
    ports,
    workerId,
    redis,
    host: worker,
    createRunner: (settings, dependencies) => createHttpRunner(settings, { log, ...dependencies }),
    tell: (message) => void told.push(message),
    log,
    timing: { lookEveryMs: 20, engineAgainMs: 20, otherAgainMs: 20, detachAfterMs: 0, ...timing },
  });
  let stopped = false;
  async function stop(): Promise<void> {
    if (stopped) return;
    stopped = true;
    await discovery.stop();
    await worker.stop();
    redis.disconnect();
  }
  cleanups.push(stop);
  return { worker, told, redis, stop };
}

const isReady = (worker: Worker, id: string) =>
  vi.waitFor(() => expect(worker.statuses().find((status) => status.id === id)?.state).toBe("ready"), {
    timeout: 15_000,
  });

it("serves what it finds, under a telling id, and lets it go when it has gone", async () => {
  const fake = await startFake();
  const port = portOf(fake);
  const { worker, told } = await startDiscovering("w1", [port]);
  await isReady(worker, `vllm-${port}`);
  expect(worker.statuses()[0]?.models.map(({ id }) => id)).toEqual(["org/m"]);
  expect(told).toMatchObject([{ type: "attached", url: fake.url, models: ["org/m"] }]);

  await fake.close();
  await vi.waitFor(() => expect(worker.statuses()).toEqual([]), { timeout: 10_000 });
  expect(told.map(({ type }) => type)).toEqual(["attached", "detached"]);

  await startFake({ port });
  await isReady(worker, `vllm-${port}`);
});

it("gives an engine that took another's place a runner of its own", async () => {
  const fake = await startFake();
  const port = portOf(fake);
  const { worker, told } = await startDiscovering("w1", [port], {
    timing: { lookEveryMs: 1_000, detachAfterMs: 60_000 },
  });
  await isReady(worker, `vllm-${port}`);
  await fake.close();
  await vi.waitFor(() => expect(worker.statuses()[0]?.state).toBe("unhealthy"), { timeout: 5_000 });
  await startFake({ port, dialect: "sglang" });
  await isReady(worker, `sglang-${port}`);
  expect(worker.statuses()).toHaveLength(1);
  expect(told.map(({ type, title }) => [type, title.split(" ")[0]])).toEqual([
    ["attached", "vLLM"],
    ["detached", "vLLM"],
    ["attached", "SGLang"],
  ]);
});

it("does not attach what its own file names, under whatever name", async () => {
  const [named, found] = await Promise.all([startFake(), startFake()]);
  const ports = [portOf(named), portOf(found)];
  const { worker } = await startDiscovering("w1", ports, { urls: [named.url.replace("127.0.0.1", "localhost")] });
  await isReady(worker, `vllm-${portOf(found)}`);
  expect(worker.statuses().map(({ id }) => id)).toEqual(["named-0", `vllm-${portOf(found)}`]);
});

it("leaves an engine to the other worker on this machine that drives it, and takes over when that stops", async () => {
  const fake = await startFake();
  const port = portOf(fake);
  const first = await startDiscovering("w1", [port]);
  await isReady(first.worker, `vllm-${port}`);
  // Its sign of life has told of the runner.
  await vi.waitFor(async () => expect(await first.redis.exists("tera:{w:w1}:state")).toBe(1));
  const other = await startFake();
  const second = await startDiscovering("w2", [port, portOf(other)]);
  await isReady(second.worker, `vllm-${portOf(other)}`);
  expect(second.worker.statuses()).toHaveLength(1);
  await first.stop();
  await isReady(second.worker, `vllm-${port}`);
});
