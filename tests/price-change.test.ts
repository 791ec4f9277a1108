/** Prices change under load: every request is charged the price that was in force when it was admitted, whichever gateway admitted it. */
import { usageEvent } from "@tera/database";
import { createPriceBook, createPriceStore, createRerating } from "@tera/metering";
import { connectRedis, publishInvalidation } from "@tera/queue";
import { eq } from "drizzle-orm";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ gateways: 3, workers: 2, fakeRunners: 2, runner: { slots: 32, msPerToken: 2 } });
const { db } = stack.database;
const prices = createPriceStore({ db });
const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
const clients = stack.gateways.map(
  ({ url }) => new OpenAI({ apiKey: stack.apiKey, baseURL: `${url}/v1`, maxRetries: 0 }),
);
/** As `tera prices set` does. */
const noticeMs = 2_000;
const changes = 4;
const senders = 12;

beforeAll(() => redis.connect());
afterAll(() => redis.disconnect());

async function setPrice(inputNano: bigint, outputNano: bigint, validFrom: Date): Promise<Date> {
  await prices.addPrice({ model: stack.model, inputNano, outputNano, cacheReadNano: 1n, author: "test", validFrom });
  await publishInvalidation(redis, { type: "prices" });
  return validFrom;
}

/** What every gateway lists as the price of an input token. */
async function listedPrices(): Promise<unknown[]> {
  return Promise.all(
    clients.map(async (client) => {
      const model: { pricing?: { input?: string } } & OpenAI.Model = await client.models.retrieve(stack.model);
      return model.pricing?.input;
    }),
  );
}

test("a price change is charged from its moment on, on every gateway, and no request is charged by another", async () => {
  await setPrice(100n, 1_000n, new Date());
  await expect.poll(listedPrices).toEqual(clients.map(() => "0.0000001"));

  let changing = true;
  let sent = 0;
  async function send(sender: number): Promise<void> {
    while (changing) {
      const content = `Message ${sent++} of sender ${sender}`;
      const body = { model: stack.model, messages: [{ role: "user" as const, content }], max_tokens: 5 + (sent % 20) };
      const client = clients[sent % clients.length];
      if (sent % 2 === 0) await client?.chat.completions.create(body);
      else for await (const _ of (await client?.chat.completions.create({ ...body, stream: true })) ?? []);
    }
  }
  const load = Array.from({ length: senders }, (_, sender) => send(sender));
  for (let change = 1; change <= changes; change++) {
    const begins = await setPrice(100n + BigInt(change), 1_000n * BigInt(change), new Date(Date.now() + noticeMs));
    const listed = `0.00000010${change}`;
    await expect.poll(listedPrices, { timeout: 10_000 }).toEqual(clients.map(() => listed));
    expect(Date.now()).toBeGreaterThanOrEqual(begins.getTime());
  }
  changing = false;
  await Promise.all(load);

  const settled = () => db.$count(usageEvent, eq(usageEvent.accountId, stack.accountId));
  await expect.poll(settled, { timeout: 20_000 }).toBe(sent);
  const book = createPriceBook(await prices.listPrices({ model: stack.model, limit: 100 }));
  const events = await db.select().from(usageEvent).where(eq(usageEvent.accountId, stack.accountId));
  const charged = new Set<string>();
  for (const event of events) {
    const price = book.at(stack.model, event.admittedAt.getTime());
    expect(event.priceId, `admitted ${event.admittedAt.toISOString()}`).toBe(price?.id);
    charged.add(event.priceId ?? "");
    const { promptTokens, cachedTokens, completionTokens } = event;
    expect(event.chargeNano).toBe(
      BigInt(promptTokens - cachedTokens) * (price?.inputNano ?? 0n) +
        BigInt(cachedTokens) +
        BigInt(completionTokens) * (price?.outputNano ?? 0n),
    );
  }
  // Under every one of the prices something was admitted.
  expect(charged.size).toBe(changes + 1);
  // The price book of today agrees with every charge.
  const everything = { model: stack.model, from: new Date(0), to: new Date(Date.now() + 60_000) };
  expect(await createRerating({ db }).preview(everything)).toMatchObject([{ requests: sent, changed: 0, unpriced: 0 }]);
});
