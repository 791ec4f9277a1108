/** A key is revoked: every gateway refuses it within a second, also those that have just let it pass. */
import { connectRedis, publishInvalidation } from "@tera/queue";
import { afterAll, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ gateways: 2 });
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const redis = connectRedis(stack.redisUrl, { name: "test", log });
await redis.connect();
afterAll(() => redis.disconnect());

async function statusesWith(apiKey: string): Promise<number[]> {
  const asked = stack.gateways.map(({ url }) =>
    fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${apiKey}` } }),
  );
  return (await Promise.all(asked)).map(({ status }) => status);
}

test("on every gateway within a second, and no other key suffers", async () => {
  const { apiKey, key } = await stack.keys.createKey({ accountId: stack.accountId, name: "to be revoked" });
  expect(await statusesWith(apiKey)).toEqual([200, 200]);
  await stack.keys.revokeKey(key.id);
  const revokedAtMs = performance.now();
  await publishInvalidation(redis, { type: "key", keyId: key.id });
  await expect.poll(() => statusesWith(apiKey), { interval: 20, timeout: 5_000 }).toEqual([401, 401]);
  expect(performance.now() - revokedAtMs).toBeLessThan(1_000);
  expect(await statusesWith(stack.apiKey)).toEqual([200, 200]);
});

test("a new key is good at once on every gateway, an expired one on none", async () => {
  const { apiKey } = await stack.keys.createKey({ accountId: stack.accountId, name: "new" });
  expect(await statusesWith(apiKey)).toEqual([200, 200]);
  const expired = await stack.keys.createKey({
    accountId: stack.accountId,
    name: "old",
    expiresAt: new Date(Date.now() - 1_000),
  });
  expect(await statusesWith(expired.apiKey)).toEqual([401, 401]);
});

test("a key for some models sees and uses only those", async () => {
  const { apiKey } = await stack.keys.createKey({
    accountId: stack.accountId,
    name: "scoped",
    modelScope: ["other/model"],
  });
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const listed = await fetch(`${stack.baseUrl}/models`, { headers });
  expect(await listed.json()).toEqual({ object: "list", data: [] });
  const body = JSON.stringify({ model: stack.model, messages: [{ role: "user", content: "hi" }] });
  const refused = await fetch(`${stack.baseUrl}/chat/completions`, { method: "POST", headers, body });
  expect(refused.status).toBe(403);
});
