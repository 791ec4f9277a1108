/** Money on the way of a request: a prepaid account pays what it used, and never goes below zero. */
import { createLedgerStore, createPriceStore } from "@tera/metering";
import { connectRedis, publishInvalidation } from "@tera/queue";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { usageRow } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ gateways: 3, workers: 2, fakeRunners: 2, runner: { slots: 64, msPerToken: 1 } });
const ledger = createLedgerStore({ db: stack.database.db });
const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });

beforeAll(async () => {
  await redis.connect();
  await createPriceStore({ db: stack.database.db }).addPrice({
    model: stack.model,
    inputNano: 100n,
    outputNano: 1_000n,
    author: "test",
    validFrom: new Date(Date.now() - 1_000),
  });
  await publishInvalidation(redis, { type: "prices" });
  await new Promise((resolve) => setTimeout(resolve, 500));
});
afterAll(() => redis.disconnect());

async function prepaid(creditNano: bigint) {
  const account = await stack.keys.createAccount({ name: "prepaid", kind: "prepaid" });
  if (creditNano > 0n)
    await ledger.topUp({ accountId: account.id, amountNano: creditNano, author: "test", reason: "paid" });
  const { apiKey } = await stack.keys.createKey({ accountId: account.id, name: "k" });
  const clients = stack.gateways.map(({ url }) => new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 }));
  return { account, clients, client: clients[0] ?? new OpenAI() };
}
const body = { model: stack.model, messages: [{ role: "user" as const, content: "Hello!" }], max_tokens: 10 };

test("an account without credit gets 402, and what it lacks is said", async () => {
  const { client } = await prepaid(0n);
  await expect(client.chat.completions.create(body)).rejects.toMatchObject({ status: 402, code: "insufficient_quota" });
});

test("what was used is charged, to the nano, streamed or not", async () => {
  const { account, client } = await prepaid(1_000_000_000n);
  const { data, response } = await client.chat.completions.create(body).withResponse();
  const row = await usageRow(stack, response.headers.get("x-request-id") ?? "");
  expect(row.chargeNano).toBe(BigInt(data.usage?.prompt_tokens ?? 0) * 100n + 10_000n);
  const streamed = await client.chat.completions
    .create({ ...body, messages: [{ role: "user", content: "Hallo?" }], stream: true })
    .withResponse();
  for await (const _ of streamed.data);
  const streamedRow = await usageRow(stack, streamed.response.headers.get("x-request-id") ?? "");
  expect(streamedRow.chargeNano).toBe(BigInt(streamedRow.promptTokens) * 100n + 10_000n);
  expect((await ledger.balance(account.id))?.balanceNano).toBe(
    1_000_000_000n - row.chargeNano - streamedRow.chargeNano,
  );
});

test("who names no max_tokens gets as much as the credit covers, and it ends with length", async () => {
  const { account, client } = await prepaid(200_000n);
  const answer = await client.chat.completions.create({ model: body.model, messages: body.messages });
  expect(answer.choices[0]?.finish_reason).toBe("length");
  expect((await ledger.balance(account.id))?.balanceNano).toBeGreaterThanOrEqual(0n);
});

test.each([1, 7, 50])(
  "200 requests at once over three gateways, on credit for exactly %i: as many are served",
  async (count) => {
    // What one request is held for: the bound of its prompt and ten tokens.
    const { client } = await prepaid(0n);
    const message = await client.chat.completions.create(body).catch((error: Error) => error.message);
    const heldUsd = /cost up to \$([\d.]+)/.exec(String(message))?.[1] ?? "";
    const heldNano = BigInt(Math.round(Number(heldUsd) * 1e9));
    expect(heldNano).toBeGreaterThan(0n);
    const { account, clients } = await prepaid(heldNano * BigInt(count));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => clients[index % clients.length]?.chat.completions.create(body)),
    );
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    for (const { reason } of refused) expect(reason).toMatchObject({ status: 402 });
    expect(outcomes.length - refused.length).toBeGreaterThanOrEqual(count);
    await expect.poll(async () => (await ledger.balance(account.id))?.leasedNano, { timeout: 10_000 }).toBe(0n);
    expect((await ledger.balance(account.id))?.balanceNano).toBeGreaterThanOrEqual(0n);
  },
);
