/** Credit is spent at whichever gateway a request lands: what lies idle at another one is no reason for a 402. */
import { createLedgerStore, createPriceStore } from "@tera/metering";
import { connectRedis, publishInvalidation } from "@tera/queue";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({
  gateways: 3,
  workers: 1,
  fakeRunners: 1,
  runner: { slots: 64, ttftMs: 1, msPerToken: 1 },
});
const ledger = createLedgerStore({ db: stack.database.db });
const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
const maxTokens = 2;
const outputNano = 1_000n;
const timeoutMs = 60_000;

beforeAll(async () => {
  await redis.connect();
  // By the output alone: a request is charged what was held for it, so that credit can be for exactly so many.
  await createPriceStore({ db: stack.database.db }).addPrice({
    model: stack.model,
    outputNano,
    author: "test",
    validFrom: new Date(Date.now() - 1_000),
  });
  await publishInvalidation(redis, { type: "prices" });
  const listsPrice = async ({ url }: { url: string }) => {
    const listing = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${stack.apiKey}` } });
    return (await listing.text()).includes('"pricing"');
  };
  await vi.waitUntil(async () => (await Promise.all(stack.gateways.map(listsPrice))).every(Boolean), 10_000);
});
afterAll(() => redis.disconnect());

/** Asks one after the other, each at the gateway of that number. @returns the statuses. */
async function askAt(gateways: readonly number[], creditForRequests: number): Promise<number[]> {
  const { id } = await stack.keys.createAccount({ name: "prepaid", kind: "prepaid" });
  const amountNano = outputNano * BigInt(maxTokens * creditForRequests);
  await ledger.topUp({ accountId: id, amountNano, author: "test", reason: "for exactly so many" });
  const { apiKey } = await stack.keys.createKey({ accountId: id, name: "k" });
  const clients = stack.gateways.map(({ url }) => new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 }));
  const statuses: number[] = [];
  for (const at of gateways) {
    const answer = clients[at]?.chat.completions.create({
      model: stack.model,
      messages: [{ role: "user", content: "Hello!" }],
      max_tokens: maxTokens,
    });
    statuses.push(
      await (answer ?? Promise.reject(new Error(`there is no gateway ${at}`))).then(
        () => 200,
        (error: unknown) => (error instanceof OpenAI.APIError ? (error.status ?? 0) : 0),
      ),
    );
  }
  return statuses;
}

const served = (count: number) => Array.from({ length: count }, () => 200);

test("one after the other, by turns: as many are served as there is credit for, and the next is refused", {
  timeout: timeoutMs,
}, async () => {
  const count = 60;
  const turns = Array.from({ length: count + 1 }, (_, at) => at % stack.gateways.length);
  expect(await askAt(turns, count)).toEqual([...served(count), 402]);
});

test("the last gateway spends what the first ones have taken and do not need", { timeout: timeoutMs }, async () => {
  const count = 120;
  // The second request tells a gateway how fast the account spends: its lease is now for ten seconds of that.
  const gateways = [0, 0, 1, 1, ...Array.from({ length: count - 4 }, () => 2)];
  expect(await askAt([...gateways, 2, 0], count)).toEqual([...served(count), 402, 402]);
});
