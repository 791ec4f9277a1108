/** Money in Postgres: leases, charges, ledger. */
import {
  connectDatabase,
  creditLease,
  type Database,
  ledgerEntry,
  ledgerTransaction,
  purse,
  usageHour,
} from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { newUsageRecord } from "@tera/testkit";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type CreditStore, createCreditStore } from "./credit-store.ts";
import { createLedgerStore, type LedgerStore } from "./ledger-store.ts";
import { createPriceStore } from "./price-book.ts";
import { createUsageWriter, type UsageWriter } from "./settle-usage.ts";

let testDatabase: TestDatabase;
let database: Database;
let credit: CreditStore;
let ledger: LedgerStore;
let writer: UsageWriter;
let accountId: string;
let priceId: string;
let accounts = 0;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  credit = createCreditStore({ db: database.db });
  ledger = createLedgerStore({ db: database.db });
  writer = createUsageWriter({ db: database.db, author: "gateway:g1" });
  const price = await createPriceStore({ db: database.db }).addPrice({
    model: "m",
    inputNano: 100n,
    cacheReadNano: 10n,
    outputNano: 1_000n,
    author: "test",
  });
  priceId = price.id;
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  accountId = `acct_${++accounts}`;
  await database.db.execute(sql`insert into account (id, name, kind) values (${accountId}, 'x', 'prepaid')`);
});

const topUp = (amountNano: bigint, reference?: string) =>
  ledger.topUp({ accountId, amountNano, author: "test", reason: "paid", reference });
const take = (neededNano: bigint, wantedNano = neededNano, leaseId = `lease_${accountId}`) =>
  credit.take({ purseId: accountId, leaseId, gatewayId: "g1", neededNano, wantedNano });

function record(leaseId: string | undefined, completionTokens = 10) {
  return newUsageRecord({
    accountId,
    usage: { promptTokens: 20, cachedTokens: 10, completionTokens },
    billing: { priceId, holds: [{ purseId: accountId, leaseId }] },
  });
}
/** 10 x 100 + 10 x 10 + 10 x 1000 */
const charge = 11_100n;

test("a lease takes credit out of what is available, never more than there is", async () => {
  await topUp(1_000n);
  expect(await take(1_001n)).toMatchObject({ grantedNano: 0n, availableNano: 1_000n });
  expect(await take(400n)).toMatchObject({ grantedNano: 400n, scarce: true });
  expect(await take(700n)).toMatchObject({ grantedNano: 0n, availableNano: 600n });
  expect(await ledger.balance(accountId)).toEqual({ balanceNano: 1_000n, leasedNano: 400n, availableNano: 600n });
});

test("more than money can say is refused like anything that there is not", async () => {
  await topUp(100n);
  const absurd = 10n ** 30n;
  expect(await take(absurd, absurd * 200n)).toMatchObject({ grantedNano: 0n, availableNano: 100n });
  expect(await take(1n, 2n ** 61n)).toMatchObject({ grantedNano: 1n, scarce: true });
});

test("a payment that is reported twice is booked once", async () => {
  expect(await topUp(5n, `pay-${accountId}`)).toBeTypeOf("bigint");
  expect(await topUp(5n, `pay-${accountId}`)).toBeUndefined();
  expect((await ledger.balance(accountId))?.balanceNano).toBe(5n);
});

test("a charge is taken from its lease, booked, and rolled up; a second report changes nothing", async () => {
  await topUp(100_000n);
  await take(20_000n);
  const one = record(`lease_${accountId}`);
  await writer.settle([one, record(`lease_${accountId}`)]);
  await writer.settle([one]);
  expect(await ledger.balance(accountId)).toEqual({
    balanceNano: 100_000n - 2n * charge,
    leasedNano: 0n,
    availableNano: 100_000n - 2n * charge,
  });
  const [lines] = [await ledger.list({ accountId, limit: 10 })];
  expect(lines.map(({ kind, entries }) => [kind, entries])).toEqual([
    [
      "usage",
      [
        { book: "credit", amountNano: -2n * charge },
        { book: "revenue", amountNano: 2n * charge },
      ],
    ],
    [
      "top_up",
      [
        { book: "credit", amountNano: 100_000n },
        { book: "cash", amountNano: -100_000n },
      ],
    ],
  ]);
  const [hour] = await database.db.select().from(usageHour).where(eq(usageHour.accountId, accountId));
  expect(hour).toMatchObject({ requests: 2, promptTokens: 40, chargeNano: 2n * charge });
});

test("what neither lease nor credit covers is written off, and the balance stops at zero", async () => {
  await topUp(charge + 100n);
  await take(5_000n);
  await writer.settle([record(`lease_${accountId}`), record(undefined)]);
  expect(await ledger.balance(accountId)).toEqual({ balanceNano: 0n, leasedNano: 0n, availableNano: 0n });
  const [usage] = await ledger.list({ accountId, limit: 1 });
  expect(usage?.entries).toEqual([
    { book: "credit", amountNano: -(charge + 100n) },
    { book: "write_off", amountNano: -(charge - 100n) },
    { book: "revenue", amountNano: 2n * charge },
  ]);
});

test("an expired lease goes back, and is never used again", async () => {
  await topUp(1_000n);
  await take(400n);
  await database.db
    .update(creditLease)
    .set({ expiresAt: new Date(0) })
    .where(eq(creditLease.purseId, accountId));
  const leaseId = `lease_${accountId}`;
  expect(await credit.findExpired()).toContainEqual({ leaseId, gatewayId: "g1" });
  expect(await take(100n)).toMatchObject({ lost: true, grantedNano: 0n });
  expect(await credit.renew("g1", [leaseId])).toEqual(new Set());
  await credit.giveBack(leaseId, undefined);
  expect((await ledger.balance(accountId))?.availableNano).toBe(1_000n);
  expect(await take(100n)).toMatchObject({ lost: true, grantedNano: 0n });
  expect(await credit.findExpired()).not.toContainEqual({ leaseId, gatewayId: "g1" });
});

test("only the leases that are named are renewed, and only their own gateway's", async () => {
  await topUp(1_000n);
  const ids = ["a", "b", "c"].map((name) => `lease_${accountId}_${name}`);
  for (const id of ids) await take(100n, 100n, id);
  await database.db
    .update(creditLease)
    .set({ gatewayId: "g2" })
    .where(eq(creditLease.id, ids[2] ?? ""));
  expect(await credit.renew("g1", [ids[0] ?? "", ids[2] ?? ""])).toEqual(new Set([ids[0]]));
});

test("the ledger cannot be changed, and does not take what does not sum to zero", async () => {
  await topUp(1n);
  const refused = (message: string) => ({ cause: { message: expect.stringContaining(message) } });
  await expect(database.db.update(ledgerEntry).set({ amountNano: 2n })).rejects.toMatchObject(refused("permission"));
  // Nor by the owner.
  const asOwner = database.db.transaction(async (tx) => {
    await tx.execute(sql`set local role none`);
    await tx.delete(ledgerTransaction);
  });
  await expect(asOwner).rejects.toMatchObject(refused("append-only"));
  await expect(
    database.db.execute(sql`select post_ledger(${accountId}, 'adjustment', 'x', 'x', null, '[["credit", 5]]'::jsonb)`),
  ).rejects.toMatchObject(refused("sums to 5"));
});

test("ledger transactions and their entries come together, in one statement", async () => {
  const refused = (message: string) => ({ cause: { message: expect.stringContaining(message) } });
  const alone = sql`insert into ledger_transaction (id, account_id, seq, kind, author, reason, created_at, previous_hash, hash)
    values (nextval('ledger_transaction_id_seq'), ${accountId}, 1, 'adjustment', 'x', 'x', now(), '', '')`;
  await expect(database.db.execute(alone)).rejects.toMatchObject(refused("sums to nothing"));
  const added = (transactionId: bigint, amounts: bigint[]) =>
    database.db
      .insert(ledgerEntry)
      .values(
        amounts.map((amountNano, index) => ({ transactionId, line: 10 + index, book: "credit" as const, amountNano })),
      );
  await topUp(1n);
  const [topped] = await ledger.list({ accountId, limit: 1 });
  await expect(added(topped?.id ?? 0n, [5n])).rejects.toMatchObject(refused("sums to 5"));
  await expect(added(9_000_000_000n, [5n, -5n])).rejects.toMatchObject(refused("is not there"));
});

test("many gateways that settle the same requests at once neither deadlock nor charge twice", async () => {
  await topUp(1_000_000_000n);
  const shared = Array.from({ length: 40 }, () => record(undefined));
  const batches = Array.from({ length: 6 }, (_, gateway) => {
    const own = Array.from({ length: 10 }, () => record(undefined));
    return gateway % 2 === 0 ? [...own, ...shared] : [...shared.toReversed(), ...own];
  });
  await Promise.all(batches.map((batch) => writer.settle(batch)));
  expect((await ledger.balance(accountId))?.balanceNano).toBe(1_000_000_000n - 100n * charge);
});

test("batches of many gateways over the same purses neither deadlock nor lose a nano", async () => {
  await topUp(1_000_000_000n);
  const batches = Array.from({ length: 12 }, () => Array.from({ length: 20 }, () => record(undefined)));
  await Promise.all(batches.map((batch) => writer.settle(batch)));
  expect((await ledger.balance(accountId))?.balanceNano).toBe(1_000_000_000n - 240n * charge);
  const chain = await database.db
    .select()
    .from(ledgerTransaction)
    .where(eq(ledgerTransaction.accountId, accountId))
    .orderBy(ledgerTransaction.seq);
  expect(chain).toHaveLength(13);
  chain.forEach((row, index) => {
    if (index > 0) expect(Buffer.from(row.previousHash)).toEqual(Buffer.from(chain[index - 1]?.hash ?? []));
  });
  expect(await database.db.select().from(purse).where(eq(purse.id, accountId))).toHaveLength(1);
});
