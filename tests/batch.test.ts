/** Batches as OpenAI's own client makes them: a file goes up, lines run beside live requests, results come back, and each is charged once at the discount. */
import { usageEvent } from "@tera/database";
import { checkLedger, createLedgerStore, createPriceStore } from "@tera/metering";
import { connectRedis, publishInvalidation } from "@tera/queue";
import { eq } from "drizzle-orm";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ runner: { slots: 8, msPerToken: 2 } });
const { db } = stack.database;
const client = new OpenAI({ baseURL: stack.baseUrl, apiKey: stack.apiKey, maxRetries: 0 });
const redis = connectRedis(stack.redisUrl, { name: "test", log: { info: () => undefined, warn: () => undefined } });
const modelAway = "away/for-the-night";
const outputNano = 1_000n;
const outputTokens = 8;

beforeAll(async () => {
  await redis.connect();
  for (const model of [stack.model, modelAway]) {
    await createPriceStore({ db }).addPrice({
      model,
      outputNano,
      batchDiscountBasisPoints: 5_000,
      author: "test",
      validFrom: new Date(Date.now() - 1_000),
    });
  }
  await publishInvalidation(redis, { type: "prices" });
});
afterAll(() => redis.disconnect());

interface LineChange {
  custom_id?: string;
  url?: string;
  body?: Record<string, unknown>;
}

function line(index: number, { body, ...change }: LineChange = {}): string {
  return JSON.stringify({
    custom_id: `line-${index}`,
    method: "POST",
    url: "/v1/chat/completions",
    ...change,
    body: {
      model: stack.model,
      messages: [{ role: "user", content: `say ${index}` }],
      max_tokens: outputTokens,
      ...body,
    },
  });
}

const linesOf = (count: number) => Array.from({ length: count }, (_, index) => line(index));

async function upload(lines: readonly string[], by = client) {
  return by.files.create({ file: await toFile(Buffer.from(lines.join("\n")), "input.jsonl"), purpose: "batch" });
}

async function start(lines: readonly string[], by = client) {
  const { id } = await upload(lines, by);
  return by.batches.create({ input_file_id: id, endpoint: "/v1/chat/completions", completion_window: "24h" });
}

async function waitFor(batchId: string, status: string, by = client) {
  await expect
    .poll(async () => (await by.batches.retrieve(batchId)).status, { timeout: 45_000, interval: 100 })
    .toBe(status);
  return by.batches.retrieve(batchId);
}

async function readLines(fileId: string | null | undefined, by = client) {
  const text = await (await by.files.content(fileId ?? "")).text();
  return text
    .trim()
    .split("\n")
    .map((each) => JSON.parse(each));
}

async function prepaid(creditNano: bigint) {
  const account = await stack.keys.createAccount({ name: "prepaid", kind: "prepaid" });
  const topUp = (amountNano: bigint) =>
    createLedgerStore({ db }).topUp({ accountId: account.id, amountNano, author: "test", reason: "paid" });
  if (creditNano > 0n) await topUp(creditNano);
  const { apiKey } = await stack.keys.createKey({ accountId: account.id, name: "k" });
  return { account, topUp, client: new OpenAI({ apiKey, baseURL: stack.baseUrl, maxRetries: 0 }) };
}

test("a batch runs to its end: a result for each line, in order, each charged once at the discount", async () => {
  const { account, client: customer } = await prepaid(1_000_000_000n);
  const created = await start(linesOf(30), customer);
  expect(created).toMatchObject({ object: "batch", status: "validating", completion_window: "24h" });
  const batch = await waitFor(created.id, "completed", customer);
  expect(batch.request_counts).toEqual({ total: 30, completed: 30, failed: 0 });
  expect(batch.error_file_id).toBeNull();

  const results = await readLines(batch.output_file_id, customer);
  expect(results.map(({ custom_id }) => custom_id)).toEqual(linesOf(30).map((_, index) => `line-${index}`));
  for (const { response, error } of results) {
    expect(error).toBeNull();
    expect(response.status_code).toBe(200);
    expect(response.body.usage.completion_tokens).toBe(outputTokens);
  }
  const events = await db.select().from(usageEvent).where(eq(usageEvent.accountId, account.id));
  expect(events.map(({ requestId }) => requestId).sort()).toEqual(
    results.map(({ response }) => response.request_id).sort(),
  );
  const each = (BigInt(outputTokens) * outputNano) / 2n;
  expect(new Set(events.map(({ lane, chargeNano }) => `${lane} ${chargeNano}`))).toEqual(new Set([`batch ${each}`]));
  expect(batch).toMatchObject({ cost: "0.00012", paused: null });
  expect(await checkLedger({ db })).toEqual([]);
});

test("what an engine refuses is an error of its line, and costs nothing; the others go on", async () => {
  const lines = [line(0), line(1, { body: { max_tokens: 100_000_000 } }), line(2)];
  const batch = await waitFor((await start(lines)).id, "completed");
  expect(batch.request_counts).toEqual({ total: 3, completed: 2, failed: 1 });
  const [refused] = await readLines(batch.error_file_id);
  expect(refused).toMatchObject({ custom_id: "line-1", response: { status_code: 400 } });
  expect((await readLines(batch.output_file_id)).map(({ custom_id }) => custom_id)).toEqual(["line-0", "line-2"]);
});

describe("a file that cannot be a batch", () => {
  test.each([
    ["that is not JSON", "{", /^400 Line 2: it is not JSON/],
    [
      "without a custom id",
      `{"method":"POST","url":"/v1/chat/completions","body":{"model":"m"}}`,
      /^400 Line 2: `custom_id`/,
    ],
    ["for another endpoint", line(1, { url: "/v1/audio/speech" }), /^400 Line 2: `url`/],
  ])("is refused when it is uploaded: a line %s is named", async (_, second, message) => {
    await expect(upload([line(0), second])).rejects.toThrow(message);
  });

  test("that is empty is refused", async () => {
    await expect(upload([""])).rejects.toMatchObject({ status: 400 });
  });

  test("is told what is wrong in each line", async () => {
    const lines = [
      line(0),
      line(1, { custom_id: "line-0" }),
      line(2, { body: { stream: true } }),
      line(3, { body: { temperature: 9 } }),
      line(4, { body: { model: "nobody/has-this" } }),
    ];
    const batch = await waitFor((await start(lines)).id, "failed");
    expect(batch.errors?.data?.map(({ line: number, param }) => [number, param])).toEqual(
      expect.arrayContaining([
        [2, "custom_id"],
        [3, "stream"],
        [4, "temperature"],
        [5, "model"],
      ]),
    );
    expect(batch.request_counts?.total).toBe(0);
  });
});

test("lines for a model that has a price are waited for, although nobody serves it now", async () => {
  const { id } = await start([line(0, { body: { model: modelAway } })]);
  await waitFor(id, "in_progress");
  await client.batches.cancel(id);
  expect((await waitFor(id, "cancelled")).request_counts).toMatchObject({ total: 1, completed: 0 });
});

test("files are listed, read and deleted; not while a batch reads them, and not by others", async () => {
  const { client: customer } = await prepaid(0n);
  const { client: stranger } = await prepaid(0n);
  const file = await upload([line(0)], customer);
  expect(file).toMatchObject({ object: "file", purpose: "batch", filename: "input.jsonl", status: "processed" });
  expect((await customer.files.list()).data.map(({ id }) => id)).toEqual([file.id]);
  expect(await (await customer.files.content(file.id)).text()).toBe(line(0));
  await expect(stranger.files.retrieve(file.id)).rejects.toMatchObject({ status: 404, code: "not_found" });
  await expect(stranger.files.content(file.id)).rejects.toMatchObject({ status: 404 });
  await expect(
    stranger.batches.create({ input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" }),
  ).rejects.toMatchObject({ status: 404 });

  const batch = await customer.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  await expect(stranger.batches.retrieve(batch.id)).rejects.toMatchObject({ status: 404 });
  await expect(stranger.batches.cancel(batch.id)).rejects.toMatchObject({ status: 404 });
  await expect(customer.files.delete(file.id)).rejects.toMatchObject({ status: 400 });
  await customer.batches.cancel(batch.id);
  await waitFor(batch.id, "cancelled", customer);
  expect(await customer.files.delete(file.id)).toMatchObject({ id: file.id, deleted: true });
  await expect(customer.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
});

test("a batch that is cancelled ends, with what was done, and says what was not", async () => {
  const created = await start(linesOf(400));
  await expect
    .poll(async () => (await client.batches.retrieve(created.id)).request_counts?.completed, { timeout: 20_000 })
    .toBeGreaterThan(5);
  expect((await client.batches.cancel(created.id)).status).toBe("cancelling");
  const batch = await waitFor(created.id, "cancelled");
  const done = await readLines(batch.output_file_id);
  const undone = await readLines(batch.error_file_id);
  expect(done.length).toBe(batch.request_counts?.completed);
  expect(done.length + undone.length).toBe(400);
  expect(undone[0]).toMatchObject({ response: null, error: { code: "batch_cancelled" } });
});

test("without credit a batch waits, says so, and goes on after a top-up", async () => {
  const { account, topUp, client: customer } = await prepaid(10_000n);
  const created = await start(linesOf(20), customer);
  await expect
    .poll(async () => await customer.batches.retrieve(created.id), { timeout: 20_000 })
    .toMatchObject({ status: "in_progress", paused: { reason: "credit", message: expect.stringContaining("credit") } });
  await topUp(1_000_000_000n);
  const batch = await waitFor(created.id, "completed", customer);
  expect(batch.request_counts).toEqual({ total: 20, completed: 20, failed: 0 });
  const events = await db.select().from(usageEvent).where(eq(usageEvent.accountId, account.id));
  expect(events.filter(({ status }) => status === "succeeded")).toHaveLength(20);
  expect(await checkLedger({ db })).toEqual([]);
});
