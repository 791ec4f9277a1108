/** What `settle_usage` does with a whole batch: every field kept, and the same sums as one record after the other. */
import { connectDatabase, type Database, usageEvent } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { randomBase62 } from "@tera/protocol";
import { newUsageRecord } from "@tera/testkit";
import { eq, getTableColumns, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCreditStore } from "./credit-store.ts";
import { createLedgerStore } from "./ledger-store.ts";
import { createPriceStore } from "./price-book.ts";
import { createUsageWriter, type UsageWriter } from "./settle-usage.ts";

let testDatabase: TestDatabase;
let database: Database;
let writer: UsageWriter;
let priceId: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  writer = createUsageWriter({ db: database.db, author: "gateway:g1" });
  const price = await createPriceStore({ db: database.db }).addPrice({ model: "m", outputNano: 1n, author: "test" });
  priceId = price.id;
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("every field of a record is kept", async () => {
  const accountId = await addAccount("postpaid", 0n);
  const full = newUsageRecord({
    accountId,
    keyId: "key_9",
    endpoint: "completion",
    stream: false,
    status: "cancelled",
    errorCode: "client_closed_request",
    finishReason: "length",
    usage: {
      promptTokens: 11,
      cachedTokens: 7,
      completionTokens: 5,
      reasoningTokens: 3,
      speechCharacters: 2,
      source: "counted",
    },
    workerId: "w",
    runnerId: "r",
    attempts: 2,
    failedAttempts: [{ attempt: 1, workerId: "w0", code: "runner_failed" }],
    queueMs: 1,
    ttftMs: 2,
    totalMs: 3,
    billing: { priceId, holds: [{ purseId: accountId }] },
  });
  await writer.settle([full]);
  const [event] = await database.db.select().from(usageEvent).where(eq(usageEvent.requestId, full.requestId));
  // A new column that settle_usage does not know would be null, or have its default.
  for (const column of Object.keys(getTableColumns(usageEvent)))
    expect(event).toHaveProperty(column, expect.anything());
  const { version: _version, usage, billing, admittedAtMs, ...fields } = full;
  const { source, ...counts } = usage;
  expect(event).toMatchObject({
    ...fields,
    ...counts,
    usageSource: source,
    priceId,
    holds: billing?.holds,
    admittedAt: new Date(admittedAtMs),
    chargeNano: 5n,
  });
});

test("a batch comes to the same as its records one after the other", async () => {
  const account = fc.record({ postpaid: fc.boolean(), credit: fc.integer({ min: 1, max: 300 }) });
  const request = fc.record({
    account: fc.nat(2),
    tokens: fc.integer({ min: 0, max: 60 }),
    lease: fc.nat(2),
    budget: fc.boolean(),
    repeated: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(account, { minLength: 3, maxLength: 3 }),
      fc.array(fc.array(request, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 }),
      async (accounts, batches) => {
        const ledger = createLedgerStore({ db: database.db });
        const credit = createCreditStore({ db: database.db });
        const models = await Promise.all(
          accounts.map(async ({ postpaid, credit: amount }) => {
            const id = await addAccount(postpaid ? "postpaid" : "prepaid", BigInt(amount));
            const leases = new Map<string, bigint>();
            for (const name of ["one", "two"]) {
              const needed = BigInt(Math.floor(amount / 4));
              if (needed === 0n) continue;
              const leaseId = `${id}_${name}`;
              await credit.take({ purseId: id, leaseId, gatewayId: "g1", neededNano: needed, wantedNano: needed });
              leases.set(leaseId, needed);
            }
            await database.db.execute(
              sql`insert into purse (id, account_id, kind, key_id, bounded, balance_nano) values (${`${id}:total`}, ${id}, 'key_total', ${id}, true, 100)`,
            );
            return { id, postpaid, leases, balance: BigInt(amount), budget: 100n, revenue: 0n, writtenOff: 0n };
          }),
        );
        for (const batch of batches) {
          const records = batch.flatMap(({ account: index, tokens, lease, budget, repeated }) => {
            const model = models[index];
            if (model === undefined) return [];
            const charge = BigInt(tokens);
            const leaseId = [undefined, `${model.id}_one`, `${model.id}_two`][lease];
            const fromLease = min(model.leases.get(leaseId ?? "") ?? 0n, charge);
            if (leaseId !== undefined) model.leases.set(leaseId, (model.leases.get(leaseId) ?? 0n) - fromLease);
            if (budget) model.budget -= charge;
            model.revenue += charge;
            model.balance -= fromLease;
            const settled = newUsageRecord({
              accountId: model.id,
              usage: { completionTokens: tokens },
              billing: {
                priceId,
                holds: [{ purseId: model.id, leaseId }, ...(budget ? [{ purseId: `${model.id}:total` }] : [])],
              },
            });
            return [{ model, rest: charge - fromLease, copies: repeated ? [settled, settled] : [settled] }];
          });
          // What leases do not cover is taken from what is available, whoever asks first: only the sum of a batch is determined.
          for (const { model, rest } of records) {
            const available = model.balance - sum(model.leases.values());
            const covered = model.postpaid ? rest : min(rest, available);
            model.balance -= covered;
            model.writtenOff += rest - covered;
          }
          await writer.settle(records.flatMap(({ copies }) => copies));
        }
        for (const { id, leases, balance, budget, revenue, writtenOff } of models) {
          expect(await ledger.balance(id)).toMatchObject({ balanceNano: balance, leasedNano: sum(leases.values()) });
          expect((await ledger.balance(`${id}:total`))?.balanceNano).toBe(budget);
          const lines = await ledger.list({ accountId: id, limit: 100 });
          const booked = lines.flatMap(({ entries }) => entries);
          const sumOf = (book: string) =>
            sum(booked.filter((line) => line.book === book).map((line) => line.amountNano));
          expect([sumOf("credit"), sumOf("revenue"), sumOf("write_off")]).toEqual([balance, revenue, -writtenOff]);
        }
      },
    ),
    { numRuns: 30 },
  );
  const broken = await database.db.execute(sql`
    select t.id from ledger_transaction t
    left join ledger_transaction before on before.account_id = t.account_id and before.seq = t.seq - 1
    where t.previous_hash <> coalesce(before.hash, ''::bytea) or t.hash <> ledger_hash(
      t.previous_hash, t.account_id, t.seq, t.kind, t.author, t.reason, t.reference, t.created_at,
      (select jsonb_agg(jsonb_build_array(e.book, e.amount_nano::text) order by e.line)::text from ledger_entry e where e.transaction_id = t.id)
    )`);
  expect(broken.rows).toEqual([]);
});

async function addAccount(kind: "prepaid" | "postpaid", creditNano: bigint): Promise<string> {
  const id = `acct_${randomBase62(12)}`;
  await database.db.execute(sql`insert into account (id, name, kind) values (${id}, 'x', ${kind})`);
  if (creditNano > 0n) {
    await createLedgerStore({ db: database.db }).topUp({
      accountId: id,
      amountNano: creditNano,
      author: "t",
      reason: "t",
    });
  }
  return id;
}

function min(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
