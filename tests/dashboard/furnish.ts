/** What an installation has that is in use: a price, who sells, customers of both kinds with keys, requests and an invoice. Made as people make it, through the Admin API; only past months are put in. */
import { connectDatabase } from "@tera/database";
import { installTestClock } from "@tera/database/testing";
import { createPriceStore, createUsageWriter, lastMonth } from "@tera/metering";
import { connectRedis, publishInvalidation } from "@tera/queue";
import { newUsageRecord, type Stack } from "@tera/testkit";
import { vi } from "vitest";
import { z } from "zod";
import { callApi } from "./call-api.ts";
import type { Guest, People } from "./people.ts";
import { startBatch } from "./start-batch.ts";

export interface Customer {
  id: string;
  name: string;
  keyId: string;
  /** The key itself. */
  key: string;
  /** Of a request that was answered. */
  requestId: string;
}

export interface Furnished {
  /** Prepaid, with $50 to begin with. */
  acme: Customer;
  /** Prepaid: somebody else. */
  globex: Customer;
  /** Postpaid: it has the invoice of a month that is over. */
  initech: { id: string; name: string; invoice: string };
  /** Of acme. */
  batchId: string;
  /** Another postpaid customer, who owes $2 for the month that is over. */
  joinOwing(name: string): Promise<void>;
}

const idSchema = z.object({ id: z.string() });
const madeKeySchema = z.object({ secret: z.string(), key: idSchema });
const runSchema = z.object({
  id: z.string(),
  result: z.object({ invoices: z.array(z.object({ number: z.string() })) }).nullable(),
});

/** Used in a month: 1,000,000 tokens of answers, $2. */
const usedTokens = 1_000_000;

export async function furnish(people: People, stack: Stack): Promise<Furnished> {
  const owner = await people.visit("owner");
  const { ask } = owner;
  await ask(z.unknown(), "PUT", "/seller", {
    name: "Tera Ltd",
    address: "1 Main Street",
    taxId: null,
    email: "billing@example.com",
    paymentNote: "IBAN DE00",
    taxRatePercent: "0",
    dueDays: 30,
  });
  const month = lastMonth(new Date());
  const first = lastMonth(new Date(`${month}-01T00:00:00Z`));
  const past = await openPast(stack);
  const owe = async (name: string, ofMonth: string) => {
    const { id } = await ask(idSchema, "POST", "/accounts", { name, kind: "postpaid" });
    const { key } = await ask(madeKeySchema, "POST", "/keys", { accountId: id, name: "robots" });
    await past.use(id, key.id, ofMonth);
    return id;
  };
  const initech = await owe("Initech", first);
  const invoice = await issueInvoice(ask, first);
  const [acme, globex] = await Promise.all([join(ask, stack, "Acme"), join(ask, stack, "Globex")]);
  await owner.page.close();
  const batchId = await startBatch(stack, acme.key, { filename: "first.jsonl", lines: 3 });
  return {
    acme,
    globex,
    batchId,
    initech: { id: initech, name: "Initech", invoice },
    async joinOwing(name) {
      await owe(name, month);
    },
  };
}

/** A prepaid customer with credit, a key, and a request that was answered. */
export async function join(ask: Guest["ask"], stack: Stack, name: string): Promise<Customer> {
  const { id } = await ask(idSchema, "POST", "/accounts", { name, kind: "prepaid" });
  await ask(z.unknown(), "POST", `/accounts/${id}/credit`, { kind: "top_up", amount: "50", reason: "Bank transfer" });
  const { secret, key } = await ask(madeKeySchema, "POST", "/keys", { accountId: id, name: `${name} app` });
  const { status, requestId } = await callApi(stack, secret);
  if (status !== 200) throw new Error(`${name} was not answered: ${status}`);
  await waitForRequest(ask, requestId);
  return { id, name, keyId: key.id, key: secret, requestId };
}

/** Requests are there a second after they ended. */
export async function waitForRequest(ask: Guest["ask"], requestId: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { items } = await ask(z.object({ items: z.array(z.unknown()) }), "GET", `/requests?id=${requestId}`);
      if (items.length === 0) throw new Error(`${requestId} is not listed`);
    },
    { timeout: 20_000, interval: 100 },
  );
}

/** Months that are over, at a price that held in them: what was used is put in under the clock of then. */
async function openPast(stack: Stack) {
  const { databaseUrl, model } = stack;
  const clock = await installTestClock(databaseUrl);
  const connect = () => connectDatabase({ url: databaseUrl, name: "test-past" });
  const rates = { inputNano: 1_000n, cacheReadNano: 1_000n, outputNano: 2_000n, author: "test" };
  const database = connect();
  const { id: priceId } = await createPriceStore(database).addPrice({
    ...rates,
    model,
    validFrom: new Date("2020-01-01"),
  });
  await database.close();
  await tellGateways(stack);
  return {
    /** @param month `2026-10` */
    async use(accountId: string, keyId: string, month: string): Promise<void> {
      const { db, close } = connect();
      const usedAt = new Date(`${month}-10T12:00:00Z`);
      await clock.set(usedAt);
      const usage = { promptTokens: 0, completionTokens: usedTokens };
      const billing = { priceId, holds: [{ purseId: accountId }] };
      const record = newUsageRecord({ accountId, keyId, model, usage, billing, admittedAtMs: usedAt.getTime() });
      await createUsageWriter({ db, author: "gateway:g1" }).settle([record]);
      await clock.set(new Date());
      await close();
    },
  };
}

/** Of the price; resolves when they have it. */
async function tellGateways({ redisUrl, baseUrl, apiKey, model }: Stack): Promise<void> {
  const redis = connectRedis(redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
  await redis.connect();
  await publishInvalidation(redis, { type: "prices" });
  redis.disconnect();
  await vi.waitFor(
    async () => {
      const headers = { authorization: `Bearer ${apiKey}` };
      const listed: unknown = await (await fetch(`${baseUrl}/models/${model}`, { headers })).json();
      z.object({ pricing: z.object({ input: z.literal("0.000001") }) }).parse(listed);
    },
    { timeout: 20_000, interval: 100 },
  );
}

async function issueInvoice(ask: Guest["ask"], month: string): Promise<string> {
  const { id } = await ask(runSchema, "POST", "/invoice-runs", { month, dryRun: false });
  return vi.waitFor(
    async () => {
      const run = await ask(runSchema, "GET", `/invoice-runs/${id}`);
      const number = run.result?.invoices[0]?.number;
      if (number === undefined) throw new Error(`no invoice was issued: ${JSON.stringify(run)}`);
      return number;
    },
    { timeout: 20_000, interval: 100 },
  );
}
