import { createTestRedis } from "@tera/testkit";
import { afterAll, expect, it, vi } from "vitest";
import { connectRedis } from "./connection.ts";
import { readGatewayBirths, startGatewayPresence } from "./gateway-presence.ts";
import { keys } from "./keys.ts";
import { findSilentGateways } from "./usage-stream.ts";

const silent = { info: () => undefined, warn: () => undefined };
const server = await createTestRedis();
const redis = connectRedis(server.url, { name: "test", log: silent });
const other = connectRedis(server.url, { name: "test", log: silent });
await Promise.all([redis.connect(), other.connect()]);
afterAll(async () => {
  redis.disconnect();
  other.disconnect();
  await server.stop();
});

it("tells a gateway that others may take it for dead, when it had no sign of life for a while", async () => {
  const onWasSilent = vi.fn();
  const presence = await startGatewayPresence({ gatewayId: "gw", redis, log: silent, onWasSilent });
  await other.call("CLIENT", "PAUSE", "6000", "ALL");
  await vi.waitFor(() => expect(onWasSilent).toHaveBeenCalled(), { timeout: 10_000 });
  await presence.stop();
});

it("knows since when it was not silent, by the clock of Redis", async () => {
  const openedAtMs = performance.now();
  const presence = await startGatewayPresence({ gatewayId: "gw", redis, log: silent });
  expect(presence.wasSilentSince(openedAtMs)).toBe(false);
  await redis.zincrby(keys.gateways, -10_000, "gw");
  await vi.waitFor(() => expect(presence.wasSilentSince(openedAtMs)).toBe(true), { timeout: 10_000 });
  expect(presence.wasSilentSince(performance.now())).toBe(false);
  await presence.stop();
});

it("was not silent for others where Redis has come back empty", async () => {
  const openedAtMs = performance.now();
  await redis.zadd(keys.gateways, 0, "gw");
  await redis.del(keys.gateways);
  const presence = await startGatewayPresence({ gatewayId: "gw", redis, log: silent });
  expect(presence.wasSilentSince(openedAtMs)).toBe(false);
  await presence.stop();
});

it("says nothing while Redis answers", async () => {
  const onWasSilent = vi.fn();
  const presence = await startGatewayPresence({ gatewayId: "gw", redis, log: silent, onWasSilent });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(onWasSilent).not.toHaveBeenCalled();
  await presence.stop();
});

it.each([
  ["behind", -60_000],
  ["ahead", 60_000],
])("does not make a gateway silent to others that its clock is %s, nor others to it", async (_, byMs) => {
  const right = await startGatewayPresence({ gatewayId: "right", redis: other, log: silent });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + byMs });
  const wrong = await startGatewayPresence({ gatewayId: "wrong", redis, log: silent });
  expect(await findSilentGateways(redis)).not.toContain("right");
  vi.useRealTimers();
  expect(await findSilentGateways(other)).not.toContain("wrong");
  await Promise.all([right.stop(), wrong.stop()]);
});

it("tells workers since when it lives: one that was killed and started again is another life", async () => {
  const first = await startGatewayPresence({ gatewayId: "reborn", redis, log: silent });
  const bornAtMs = (await readGatewayBirths(other, ["reborn", "never"])).get("reborn") ?? 0;
  expect(Math.abs(Date.now() - bornAtMs)).toBeLessThan(60_000);
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(bornAtMs));
  const second = await startGatewayPresence({ gatewayId: "reborn", redis, log: silent });
  expect((await readGatewayBirths(other, ["reborn"])).get("reborn")).toBeGreaterThan(bornAtMs);
  await Promise.all([first.stop(), second.stop()]);
  expect(await readGatewayBirths(other, ["reborn"])).toEqual(new Map());
});
