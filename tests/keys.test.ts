/** Keys while requests run: rotated, disabled, revoked, and held to budgets that change. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { usageEvent, usageHour } from "@tera/database";
import { createPriceStore } from "@tera/metering";
import { connectRedis, type Invalidation, publishInvalidation } from "@tera/queue";
import { eq, inArray } from "drizzle-orm";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { useStack } from "./support/use-stack.ts";

const slots = 4;
const stack = await useStack({ gateways: 2, runner: { slots, msPerToken: 1 } });
const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
const message = { role: "user" as const, content: "Hello!" };
const body = { model: stack.model, messages: [message], max_tokens: 10 };
const endless = { model: stack.model, messages: [message], max_tokens: 100_000, stream: true as const };

const tell = (change: Invalidation) => publishInvalidation(redis, change);
const clientsOf = (apiKey: string) =>
  stack.gateways.map(({ url }) => new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 }));

/** One small answer from each gateway: the statuses. */
async function statusesOf(clients: readonly OpenAI[]): Promise<number[]> {
  const answers = clients.map((client) => client.models.list().then(() => 200, statusOf));
  return Promise.all(answers);
}

function statusOf(error: unknown): number {
  if (error instanceof OpenAI.APIError && error.status !== undefined) return error.status;
  throw error;
}

async function makeKey(settings: Partial<Parameters<typeof stack.keys.createKey>[0]> = {}) {
  const { apiKey, key } = await stack.keys.createKey({ accountId: stack.accountId, name: "k", ...settings });
  return { id: key.id, clients: clientsOf(apiKey) };
}

beforeAll(async () => {
  await redis.connect();
  await createPriceStore({ db: stack.database.db }).addPrice({
    model: stack.model,
    inputNano: 100n,
    outputNano: 1_000n,
    author: "test",
    validFrom: new Date(Date.now() - 1_000),
  });
  await tell({ type: "prices" });
  // A key without a budget is refused what a price makes too dear: only then has each gateway the price.
  const { clients } = await makeKey({ budgetTotalNano: 0n });
  await vi.waitFor(async () => expect(await askAtOnce(clients, clients.length)).toBe(0));
});
afterAll(() => redis.disconnect());

test("a key is rotated under load and no request of the old one or the new one fails; without overlap the old one ends", async () => {
  const old = await makeKey();
  let rotated = false;
  let answered = 0;
  async function askUntilRotated(client: OpenAI): Promise<void> {
    for (let after = 0; after < 5; after += rotated ? 1 : 0) {
      await client.chat.completions.create(body);
      answered++;
    }
  }
  const load = Promise.all([...old.clients, ...old.clients].map(askUntilRotated));
  await expect.poll(() => answered, { interval: 10 }).toBeGreaterThan(8);
  const first = await stack.keys.rotateKey({ keyId: old.id, overlapMs: 3_600_000 });
  if (first.outcome !== "rotated") throw new Error(first.outcome);
  await tell({ type: "key", keyId: old.id });
  rotated = true;
  const middle = { id: first.key.id, clients: clientsOf(first.apiKey) };
  await Promise.all([load, ...middle.clients.map((client) => client.chat.completions.create(body))]);

  const second = await stack.keys.rotateKey({ keyId: middle.id, overlapMs: 0 });
  if (second.outcome !== "rotated") throw new Error(second.outcome);
  await tell({ type: "key", keyId: middle.id });
  await expect.poll(() => statusesOf(middle.clients), { interval: 20, timeout: 1_000 }).toEqual([401, 401]);
  expect(await statusesOf([...clientsOf(second.apiKey), ...old.clients])).toEqual([200, 200, 200, 200]);
});

test("a disabled key, and each key of a disabled account, is refused everywhere within a second, and let in again as fast", async () => {
  const account = await stack.keys.createAccount({ name: "switched", kind: "postpaid" });
  const { id, clients } = await makeKey({ accountId: account.id });
  const expectAll = (status: number) =>
    expect.poll(() => statusesOf(clients), { interval: 20, timeout: 1_000 }).toEqual([status, status]);
  await expectAll(200);
  const keyChanged = () => tell({ type: "key", keyId: id });
  const accountChanged = () => tell({ type: "account", accountId: account.id });
  await stack.keys.disableKey(id).then(keyChanged);
  await expectAll(401);
  await stack.keys.enableKey(id).then(keyChanged);
  await expectAll(200);
  await stack.keys.disableAccount(account.id).then(accountChanged);
  await expectAll(401);
  await stack.keys.enableAccount(account.id).then(accountChanged);
  await expectAll(200);
});

test("a revoked key's waiting requests get 401 at once while its streams go on, and those end in an error when asked to; they are charged", async () => {
  const { id, clients } = await makeKey();
  const other = await makeKey();
  const received: number[] = [];
  const streams = Array.from({ length: slots }, async (_, index) => {
    const stream = await clients[index % clients.length]?.chat.completions.create(endless);
    for await (const _chunk of stream ?? []) received[index] = (received[index] ?? 0) + 1;
  });
  const ends = Promise.allSettled(streams);
  await expect.poll(() => received.filter((count) => count > 3).length, { interval: 10 }).toBe(slots);
  // More than lie on the lane: some wait in the gateways.
  const waiting = Array.from({ length: 20 }, (_, index) =>
    clients[index % clients.length]?.chat.completions.create(body),
  );
  const refusals = Promise.allSettled(waiting);
  const othersWaiting = other.clients[0]?.chat.completions.create(body);
  await expect.poll(async () => await openRequests(), { interval: 20 }).toBe(slots + 21);

  await stack.keys.revokeKey(id);
  const revokedAtMs = performance.now();
  await tell({ type: "key", keyId: id, end: "waiting" });
  for (const refusal of await refusals)
    expect(refusal).toMatchObject({ reason: { status: 401, code: "invalid_api_key" } });
  expect(performance.now() - revokedAtMs).toBeLessThan(1_000);
  const before = [...received];
  await expect
    .poll(() => received.every((count, index) => count > (before[index] ?? 0) + 3), { interval: 10 })
    .toBe(true);

  await tell({ type: "key", keyId: id, end: "all" });
  for (const end of await ends) {
    expect(end).toMatchObject({ status: "rejected", reason: { error: { code: "invalid_api_key" } } });
  }
  // Their slots are free for others.
  expect((await othersWaiting)?.choices[0]?.finish_reason).toBe("length");
  const rows = () => stack.database.db.select().from(usageEvent).where(eq(usageEvent.keyId, id));
  await expect.poll(async () => (await rows()).length, { timeout: 10_000 }).toBe(slots + 20);
  const byStatus = Map.groupBy(await rows(), ({ status }) => status);
  expect(byStatus.get("cancelled")).toHaveLength(slots);
  for (const { completionTokens, chargeNano } of byStatus.get("cancelled") ?? []) {
    expect(completionTokens).toBeGreaterThan(3);
    expect(chargeNano).toBeGreaterThanOrEqual(BigInt(completionTokens) * 1_000n);
  }
  expect(byStatus.get("failed")).toHaveLength(20);
  for (const { chargeNano } of byStatus.get("failed") ?? []) expect(chargeNano).toBe(0n);
});

test("a request that was let in before its key was revoked, and whose body comes after, gets 401", async () => {
  const { apiKey, key } = await stack.keys.createKey({ accountId: stack.accountId, name: "slow" });
  await statusesOf(clientsOf(apiKey));
  const text = JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${apiKey}`,
    "content-type": "application/json",
    "content-length": text.length,
    // The server says so when it has read the headers.
    expect: "100-continue",
  };
  const sending = request(`${stack.baseUrl}/chat/completions`, { method: "POST", headers });
  sending.flushHeaders();
  await once(sending, "continue");
  await stack.keys.revokeKey(key.id);
  await tell({ type: "key", keyId: key.id, end: "waiting" });
  await expect.poll(() => statusesOf(clientsOf(apiKey)), { interval: 20 }).toEqual([401, 401]);
  sending.end(text);
  const [response]: IncomingMessage[] = await once(sending, "response");
  expect(response?.statusCode).toBe(401);
  response?.resume();
});

async function openRequests(): Promise<number> {
  const texts = stack.gateways.map(async ({ operationsUrl }) => (await fetch(`${operationsUrl}/metrics`)).text());
  const counts = (await Promise.all(texts)).map((text) => Number(/open_requests\S* (\d+)/.exec(text)?.[1]));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What one request is held for at most, as a refusal says it. */
async function heldNano(): Promise<bigint> {
  const { clients } = await makeKey({ budgetTotalNano: 0n });
  const said = await clients[0]?.chat.completions.create(body).catch((error: Error) => error.message);
  const held = /cost up to \$([\d.]+)/.exec(String(said))?.[1] ?? "";
  return BigInt(Math.round(Number(held) * 1e9));
}

async function spentNano(keyIds: string[]): Promise<bigint> {
  const rows = await stack.database.db.select().from(usageHour).where(inArray(usageHour.keyId, keyIds));
  return rows.reduce((sum, { chargeNano }) => sum + chargeNano, 0n);
}

/** Asks so often at once; @returns how many were served. All others were refused with 402. */
async function askAtOnce(clients: readonly OpenAI[], count: number): Promise<number> {
  const statuses = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      clients[index % clients.length]?.chat.completions.create(body).then(() => 200, statusOf),
    ),
  );
  for (const status of statuses) expect([200, 402]).toContain(status);
  return statuses.filter((status) => status === 200).length;
}

test.each(["budgetDayNano", "budgetMonthNano", "budgetTotalNano"] as const)(
  "%s is never overshot by 50 requests at once over two gateways, before and after it is raised and lowered",
  async (budget) => {
    const held = await heldNano();
    const { id, clients } = await makeKey({ [budget]: held * 7n });
    const settled = async (served: number) => {
      const rows = () => stack.database.db.select().from(usageEvent).where(eq(usageEvent.keyId, id));
      await expect.poll(async () => (await rows()).length, { timeout: 10_000 }).toBe(served);
      return spentNano([id]);
    };
    const first = await askAtOnce(clients, 50);
    expect(first).toBeGreaterThanOrEqual(7);
    expect(await settled(first)).toBeLessThanOrEqual(held * 7n);

    await stack.keys.changeKey(id, { [budget]: held * 20n });
    await tell({ type: "key", keyId: id });
    const second = first + (await askAtOnce(clients, 50));
    expect(second).toBeGreaterThanOrEqual(20);
    expect(await settled(second)).toBeLessThanOrEqual(held * 20n);

    await stack.keys.changeKey(id, { [budget]: held });
    await tell({ type: "key", keyId: id });
    await expect.poll(() => askAtOnce(clients, 2)).toBe(0);
    await stack.keys.changeKey(id, { [budget]: null });
    await tell({ type: "key", keyId: id });
    await expect.poll(() => askAtOnce(clients, 2)).toBe(2);
  },
);

test("a budget is raised while requests are refused for it: they pass within a second", async () => {
  const { id, clients } = await makeKey({ budgetDayNano: 0n });
  expect(await askAtOnce(clients, 10)).toBe(0);
  await stack.keys.changeKey(id, { budgetDayNano: (await heldNano()) * 100n });
  await tell({ type: "key", keyId: id });
  await expect.poll(() => askAtOnce(clients, 10), { interval: 20, timeout: 1_000 }).toBe(10);
});

test("the keys of a rotation spend one budget together, and do not overshoot it", async () => {
  const held = await heldNano();
  const old = await makeKey({ budgetMonthNano: held * 7n });
  const rotated = await stack.keys.rotateKey({ keyId: old.id, overlapMs: 3_600_000 });
  if (rotated.outcome !== "rotated") throw new Error(rotated.outcome);
  const served = await askAtOnce([...old.clients, ...clientsOf(rotated.apiKey)], 60);
  expect(served).toBeGreaterThanOrEqual(7);
  const keyIds = [old.id, rotated.key.id];
  const rows = () => stack.database.db.select().from(usageEvent).where(inArray(usageEvent.keyId, keyIds));
  await expect.poll(async () => (await rows()).length, { timeout: 10_000 }).toBe(served);
  expect(new Set((await rows()).map(({ keyId }) => keyId)).size).toBe(2);
  expect(await spentNano(keyIds)).toBeLessThanOrEqual(held * 7n);
});
