/** Re-rating in Postgres: what a wrong price has charged is put right, once, and nothing else is touched. */
import {
  connectDatabase,
  type Database,
  type Price,
  purse,
  usageCorrection,
  usageEvent,
  usageHour,
} from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { newRequestId } from "@tera/protocol";
import { newUsageRecord, type UsageRecordChange } from "@tera/testkit";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createCreditStore } from "./credit-store.ts";
import { createLedgerStore, type LedgerStore } from "./ledger-store.ts";
import { createPriceStore, type PriceStore } from "./price-book.ts";
import { createRerating, type Rerating } from "./rerating.ts";
import { createUsageWriter, type UsageWriter } from "./settle-usage.ts";

const noon = Date.UTC(2026, 10, 23, 12);
const hourMs = 3_600_000;
const booking = { author: "test", reason: "wrong price", reference: "run" };

let testDatabase: TestDatabase;
let database: Database;
let ledger: LedgerStore;
let prices: PriceStore;
let rerating: Rerating;
let writer: UsageWriter;
let accountId: string;
let model: string;
let wrong: Price;
let count = 0;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  ledger = createLedgerStore({ db });
  prices = createPriceStore({ db });
  rerating = createRerating({ db });
  writer = createUsageWriter({ db, author: "gateway:g1" });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  accountId = `acct_${++count}`;
  model = `m${count}`;
  await database.db.execute(sql`insert into account (id, name, kind) values (${accountId}, 'x', 'prepaid')`);
  await ledger.topUp({ accountId, amountNano: 1_000_000n, author: "test", reason: "paid" });
  wrong = await prices.addPrice({
    model,
    validFrom: new Date(noon - hourMs),
    inputNano: 100n,
    outputNano: 1_000n,
    author: "test",
  });
});

const period = () => ({ model, from: new Date(noon), to: new Date(noon + hourMs) });

/** 20 prompt and 10 completion tokens: 12,000 by the wrong price. */
function record({ usage, ...change }: UsageRecordChange = {}) {
  return newUsageRecord({
    accountId,
    model,
    usage: { promptTokens: 20, completionTokens: 10, ...usage },
    admittedAtMs: noon,
    billing: { priceId: wrong.id, holds: [{ purseId: accountId }] },
    ...change,
  });
}
const correctPrice = (change: { inputNano?: bigint; outputNano?: bigint; requestNano?: bigint } = {}) =>
  prices.addPrice({ model, validFrom: wrong.validFrom, inputNano: 50n, outputNano: 500n, author: "test", ...change });
const balance = async () => (await ledger.balance(accountId))?.balanceNano;

test("a dry run says what changes, by the price book of today, and changes nothing", async () => {
  await writer.settle([record(), record(), record({ status: "failed" }), record({ admittedAtMs: noon + hourMs })]);
  expect(await rerating.preview(period())).toEqual([
    { accountId, requests: 3, changed: 0, unpriced: 0, oldNano: 24_000n, newNano: 24_000n },
  ]);
  await correctPrice();
  expect(await rerating.preview(period())).toEqual([
    { accountId, requests: 3, changed: 2, unpriced: 0, oldNano: 24_000n, newNano: 12_000n },
  ]);
  expect(await balance()).toBe(1_000_000n - 36_000n);
});

test("a correction gives back the difference, books it once, and leaves the events as they were", async () => {
  const records = [record(), record({ keyId: "key_2" }), record({ admittedAtMs: noon + hourMs })];
  await writer.settle(records);
  const price = await correctPrice();
  const corrected = await rerating.correct(accountId, period(), booking);
  expect(corrected).toMatchObject({ accountId, requests: 2, differenceNano: -12_000n });
  expect(await balance()).toBe(1_000_000n - 36_000n + 12_000n);
  const [line] = await ledger.list({ accountId, limit: 1 });
  expect(line).toMatchObject({
    id: corrected?.ledgerTransactionId,
    kind: "correction",
    author: "test",
    reason: "wrong price",
    reference: `run:${accountId}`,
    entries: [
      { book: "credit", amountNano: 12_000n },
      { book: "revenue", amountNano: -12_000n },
    ],
  });
  const rows = await database.db
    .select()
    .from(usageCorrection)
    .where(eq(usageCorrection.ledgerTransactionId, corrected?.ledgerTransactionId ?? 0n));
  expect(rows.map(({ priceId, amountNano }) => [priceId, amountNano])).toEqual([
    [price.id, -6_000n],
    [price.id, -6_000n],
  ]);
  const events = await database.db.select().from(usageEvent).where(eq(usageEvent.accountId, accountId));
  expect(events.map(({ chargeNano, priceId }) => [chargeNano, priceId])).toEqual(
    records.map(() => [12_000n, wrong.id]),
  );
  const hours = await database.db.select().from(usageHour).where(eq(usageHour.accountId, accountId));
  expect(hours.map(({ keyId, chargeNano, correctionNano }) => [keyId, chargeNano, correctionNano]).toSorted()).toEqual(
    [
      ["key_1", 12_000n, -6_000n],
      ["key_1", 12_000n, 0n],
      ["key_2", 12_000n, -6_000n],
    ].toSorted(),
  );

  expect(await rerating.correct(accountId, period(), { ...booking, reference: "again" })).toBeUndefined();
  expect(await rerating.preview(period())).toMatchObject([{ changed: 0, oldNano: 12_000n, newNano: 12_000n }]);
});

test("usage that reached Postgres after a correction is caught by the next, and only that", async () => {
  await writer.settle([record()]);
  await correctPrice();
  await rerating.correct(accountId, period(), booking);
  await writer.settle([record()]);
  expect(await rerating.correct(accountId, period(), { ...booking, reference: "next" })).toMatchObject({
    requests: 1,
    differenceNano: -6_000n,
  });
  expect(await balance()).toBe(1_000_000n - 12_000n);
});

test("corrections in parallel book each difference once", async () => {
  await writer.settle(Array.from({ length: 20 }, () => record()));
  await correctPrice();
  const booked = await Promise.all(
    [1, 2, 3, 4].map((run) => rerating.correct(accountId, period(), { ...booking, reference: `parallel-${run}` })),
  );
  expect(booked.filter((each) => each !== undefined)).toMatchObject([{ requests: 20, differenceNano: -120_000n }]);
  expect(await balance()).toBe(1_000_000n - 120_000n);
});

test("a correction can be corrected, and back again: each time the difference to what is charged now", async () => {
  await writer.settle([record()]);
  const lower = await correctPrice();
  for (const [priceId, left] of [
    [lower.id, 994_000n],
    [wrong.id, 988_000n],
    [lower.id, 994_000n],
  ] as const) {
    await rerating.correct(accountId, { ...period(), priceId }, { ...booking, reference: newRequestId() });
    expect(await balance()).toBe(left);
  }
});

test("a higher charge takes what is available, leases left alone, and the rest is written off", async () => {
  await writer.settle([record()]);
  const credit = createCreditStore({ db: database.db });
  await credit.take({
    purseId: accountId,
    leaseId: `lease_${accountId}`,
    gatewayId: "g1",
    neededNano: 980_000n,
    wantedNano: 980_000n,
  });
  const higher = await correctPrice({ requestNano: 50_000n });
  expect(await rerating.correct(accountId, { ...period(), priceId: higher.id }, booking)).toMatchObject({
    differenceNano: 44_000n,
  });
  expect(await ledger.balance(accountId)).toEqual({
    balanceNano: 980_000n,
    leasedNano: 980_000n,
    availableNano: 0n,
  });
  expect((await ledger.list({ accountId, limit: 1 }))[0]?.entries).toEqual([
    { book: "credit", amountNano: -8_000n },
    { book: "write_off", amountNano: -36_000n },
    { book: "revenue", amountNano: 44_000n },
  ]);
});

test("a lower charge gives back what was paid: what had been written off of the requests comes off first", async () => {
  await writer.settle([record()]);
  await ledger.adjust({ accountId, amountNano: -980_000n, author: "test", reason: "leaves 8,000" });
  const higher = await correctPrice({ requestNano: 50_000n });
  await rerating.correct(accountId, { ...period(), priceId: higher.id }, booking);
  expect(await balance()).toBe(0n);
  const back = await rerating.correct(
    accountId,
    { ...period(), priceId: wrong.id },
    { ...booking, reference: "run back" },
  );
  expect(back).toMatchObject({ differenceNano: -44_000n });
  expect(await balance()).toBe(8_000n);
  expect((await ledger.list({ accountId, limit: 1 }))[0]?.entries).toEqual([
    { book: "credit", amountNano: 8_000n },
    { book: "write_off", amountNano: 36_000n },
    { book: "revenue", amountNano: -44_000n },
  ]);
});

test("whose request was written off in part gets nothing back before the new charge is paid", async () => {
  await ledger.adjust({ accountId, amountNano: -995_000n, author: "test", reason: "leaves 5,000" });
  await writer.settle([record()]);
  await correctPrice();
  expect(await rerating.correct(accountId, period(), booking)).toMatchObject({ differenceNano: -6_000n });
  expect(await balance()).toBe(0n);
});

test("a key's budget follows the corrected charge, before and after it is counted anew", async () => {
  const keyId = `key_${accountId}`;
  await database.db.execute(
    sql`insert into api_key (id, account_id, name, hash, last_four, budget_total_nano) values (${keyId}, ${accountId}, 'k', ${keyId}::bytea, 'abcd', 100000)`,
  );
  const wish = { id: `${keyId}:total`, firstKeyId: keyId, kind: "key_total", budgetNano: 0n } as const;
  const fill = () =>
    createCreditStore({ db: database.db }).ensureKeyPurse({ ...wish, since: "-infinity", until: "infinity" });
  const left = async () =>
    (await database.db.select().from(purse).where(eq(purse.id, wish.id))).map((row) => row.balanceNano);
  await writer.settle([record({ keyId }), record()]);
  await fill();
  expect(await left()).toEqual([100_000n - 12_000n]);
  await correctPrice();
  await rerating.correct(accountId, period(), booking);
  expect(await left()).toEqual([100_000n - 6_000n]);
  await fill();
  expect(await left()).toEqual([100_000n - 6_000n]);
});

test("differences that cancel out are on the books all the same", async () => {
  const input = { promptTokens: 10, completionTokens: 0 };
  const output = { promptTokens: 0, completionTokens: 10 };
  const usage = record().usage;
  await writer.settle([record({ usage: { ...usage, ...input } }), record({ usage: { ...usage, ...output } })]);
  await correctPrice({ inputNano: 200n, outputNano: 900n });
  expect(await rerating.correct(accountId, period(), booking)).toMatchObject({ requests: 2, differenceNano: 0n });
  expect((await ledger.list({ accountId, limit: 1 }))[0]?.entries).toEqual([
    { book: "revenue", amountNano: 1_000n },
    { book: "revenue", amountNano: -1_000n },
  ]);
});

test("what the price book has no price for is counted and left as it is; a price of another model is none", async () => {
  const before = { ...period(), from: new Date(noon - 3 * hourMs) };
  await writer.settle([record({ admittedAtMs: noon - 2 * hourMs, billing: { holds: [] } }), record()]);
  await correctPrice();
  expect(await rerating.preview(before)).toMatchObject([{ requests: 2, changed: 1, unpriced: 1 }]);
  const other = await prices.addPrice({ model: "other", author: "test" });
  expect(await rerating.preview({ ...before, priceId: other.id })).toMatchObject([{ changed: 0, unpriced: 2 }]);
});

test("the corrections cannot be changed", async () => {
  await writer.settle([record()]);
  await correctPrice();
  await rerating.correct(accountId, period(), booking);
  await expect(database.db.delete(usageCorrection)).rejects.toMatchObject({ cause: { code: "42501" } });
});
