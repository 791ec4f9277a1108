import { figureBoundsMs, type GatewayFigures } from "@tera/protocol";
import { createTestRedis } from "@tera/testkit";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { createFiguresReader, keys, openRedis, startFiguresPublisher } from "./index.ts";

const silent = { info: () => undefined, warn: () => undefined };
const server = await createTestRedis();
const redis = await openRedis(server.url, { name: "test", log: silent });
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => void (await redis.flushdb()));

const none = new Array<number>(figureBoundsMs.length + 1).fill(0);
function figures(succeeded: number): GatewayFigures {
  return {
    version: 1,
    startedAtMs: 1,
    succeeded,
    failed: 0,
    cancelled: 0,
    limited: { requests: 0, tokens: 0, concurrency: 0 },
    refused: 0,
    unserved: 0,
    promptTokens: 0,
    completionTokens: 0,
    ttft: none,
    queueWait: none,
    open: 0,
    waiting: 0,
  };
}

/** As a gateway would, at a time before Redis' own. */
async function tell(gatewayId: string, secondsAgo: number, content: string): Promise<void> {
  const [seconds = 0] = await redis.time();
  const atMs = (Number(seconds) - secondsAgo) * 1_000;
  await redis.xadd(keys.figures(gatewayId), `${atMs}-*`, "figures", content);
  await redis.zadd(keys.figureGateways, atMs, gatewayId);
}

it("a gateway's figures are told at once and again, in a stream that goes away some time after it", async () => {
  const publisher = startFiguresPublisher({ gatewayId: "g", redis, read: () => figures(7), log: silent });
  const reader = createFiguresReader({ redis });
  await vi.waitFor(async () => {
    expect((await reader.readNew()).told).toEqual([{ gatewayId: "g", atMs: expect.any(Number), figures: figures(7) }]);
  });
  // The next beat.
  await vi.waitFor(async () => expect((await reader.readNew()).told).toHaveLength(1), { timeout: 15_000 });
  publisher.stop();
  expect(await redis.pttl(keys.figures("g"))).toBeGreaterThan(3_600_000);
});

it("reads the last hour at first, of gateways that are gone too, page by page, and then only what is new", async () => {
  await tell("old", 4_000, JSON.stringify(figures(1)));
  for (let step = 0; step < 700; step++) await tell("gone", 3_000 - step, JSON.stringify(figures(step)));
  const reader = createFiguresReader({ redis });
  const { told, nowMs } = await reader.readNew();
  expect(Math.abs(Date.now() - nowMs)).toBeLessThan(60_000);
  expect(told.map(({ figures }) => figures.succeeded)).toEqual(Array.from({ length: 700 }, (_, step) => step));
  expect((await reader.readNew()).told).toEqual([]);
  await tell("gone", 1, JSON.stringify(figures(701)));
  await tell("new", 1, JSON.stringify(figures(1)));
  expect((await reader.readNew()).told.map(({ gatewayId }) => gatewayId).toSorted()).toEqual(["gone", "new"]);
});

it("leaves out what it cannot read, once", async () => {
  await tell("g", 3, JSON.stringify({ version: 2 }));
  await tell("g", 2, "{");
  await tell("g", 1, JSON.stringify(figures(1)));
  const reader = createFiguresReader({ redis });
  expect((await reader.readNew()).told).toHaveLength(1);
  expect((await reader.readNew()).told).toEqual([]);
});
