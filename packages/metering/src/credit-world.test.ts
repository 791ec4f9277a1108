/** Credit under everything that can happen between gateways and Postgres, and the model of Postgres that this stands on. */
import { connectDatabase, creditLease, type Database, ledgerEntry, purse } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { newRequestId, type UsageRecord } from "@tera/protocol";
import { createRandom, newUsageRecord } from "@tera/testkit";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCreditModel } from "../testing/credit-model.ts";
import { runCreditWorld } from "../testing/credit-world/run-credit-world.ts";
import { createCreditStore, leaseTermMs } from "./credit-store.ts";
import { createLedgerStore } from "./ledger-store.ts";
import { createPriceStore } from "./price-book.ts";
import { createUsageWriter } from "./settle-usage.ts";

/** The same million states in every run; another seed is another million. */
const seed = 1;
const worlds = 500;
const stepsPerWorld = 2_000;
const operations = 400;

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test(`no order of leases, holds, charges, recalls, outages and crashes spends credit twice, loses any, or leaves any idle where it is refused (${worlds * stepsPerWorld} states, seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  let states = 0;
  let admitted = 0;
  for (let world = 0; world < worlds; world++) {
    const worldSeed = seed * 1_000 + world;
    const result = await runCreditWorld(worldSeed, stepsPerWorld);
    expect(result.violations, `runCreditWorld(${worldSeed}, ${stepsPerWorld})`).toEqual([]);
    states += result.states;
    admitted += result.admitted;
  }
  expect(states).toBeGreaterThanOrEqual(worlds * stepsPerWorld);
  expect(admitted).toBeGreaterThan(worlds);
});

test("the model keeps the same balances as Postgres, whatever is asked of both", async () => {
  const { db } = database;
  const random = createRandom(seed);
  const model = createCreditModel(() => Date.now());
  const credit = createCreditStore({ db });
  const ledger = createLedgerStore({ db });
  const writer = createUsageWriter({ db, author: "test" });
  const price = await createPriceStore({ db }).addPrice({ model: "m", outputNano: 1n, author: "test" });
  const accounts = ["model_a", "model_b"];
  for (const id of accounts) {
    await db.execute(sql`insert into account (id, name, kind) values (${id}, 'x', 'prepaid')`);
    model.purses.set(id, { kind: "account", bounded: true, balanceNano: 0n, leasedNano: 0n });
  }
  const leaseIds = ["l1", "l2", "l3", "l4", "l5"];
  const requestIds = Array.from({ length: 60 }, () => newRequestId());
  const gatewayOf = (leaseId: string) => `g${Number(leaseId.slice(1)) % 3}`;
  const accountOf = (leaseId: string) => accounts[Number(leaseId.slice(1)) % 2] ?? "";
  const pick = <Item>(items: readonly Item[]) => items[random(items.length)] as Item;

  function toRecord(requestId: string): UsageRecord {
    const leaseId = pick(leaseIds);
    const accountId = accountOf(leaseId);
    const hold = random(5) === 0 ? { purseId: accountId } : { purseId: accountId, leaseId };
    return newUsageRecord({
      requestId,
      accountId,
      usage: { promptTokens: 0, completionTokens: 1 + random(60) },
      billing: { priceId: price.id, holds: [hold] },
    });
  }

  async function act(): Promise<void> {
    const leaseId = pick(leaseIds);
    const purseId = accountOf(leaseId);
    switch (random(5)) {
      case 0: {
        const wish = {
          purseId,
          leaseId,
          gatewayId: gatewayOf(leaseId),
          neededNano: BigInt(1 + random(60)),
          wantedNano: BigInt(random(200)),
        };
        expect(await credit.take(wish)).toEqual(model.take({ ...wish, termMs: leaseTermMs }));
        return;
      }
      case 1: {
        const amountNano = random(4) === 0 ? undefined : BigInt(random(80));
        await credit.giveBack(leaseId, amountNano);
        model.giveBack(leaseId, amountNano);
        // A lease that is closed never opens again: go on with another.
        if (amountNano === undefined) leaseIds[leaseIds.indexOf(leaseId)] = `l${Number(leaseId.slice(1)) + 10}`;
        return;
      }
      case 2: {
        // Also ones that were settled before, and the same one twice.
        const batch = Array.from({ length: 1 + random(6) }, () => toRecord(pick(requestIds)));
        await writer.settle(batch);
        model.settle(
          batch.map(({ requestId, usage, billing }) => ({
            requestId,
            chargeNano: BigInt(usage.completionTokens),
            holds: (billing?.holds ?? []).map(({ purseId: id, leaseId: lease }) =>
              lease === undefined ? { purseId: id } : { purseId: id, leaseId: lease },
            ),
          })),
        );
        return;
      }
      default: {
        const amountNano = BigInt(random(150)) - 30n;
        if (amountNano === 0n) return;
        const moved = await ledger.adjust({ accountId: purseId, amountNano, author: "test", reason: "x" }).then(
          () => true,
          () => false,
        );
        expect(moved).toBe(model.move(purseId, amountNano));
      }
    }
  }

  for (let operation = 0; operation < operations; operation++) {
    await act();
    const rows = await db.select().from(purse).where(eq(purse.kind, "account"));
    const known = Object.fromEntries(rows.map(({ id, balanceNano, leasedNano }) => [id, { balanceNano, leasedNano }]));
    for (const id of accounts) {
      expect(await credit.findHolders(id, "g1")).toEqual(model.findHolders(id, "g1"));
      const { balanceNano, leasedNano } = model.purses.get(id) ?? {};
      expect(known[id], `seed ${seed}, operation ${operation}`).toEqual({ balanceNano, leasedNano });
    }
  }
  for (const { id, amountNano, closedAt } of await db.select().from(creditLease)) {
    expect(model.leases.get(id)?.amountNano ?? 0n).toBe(amountNano);
    expect(model.leases.has(id)).toBe(closedAt === null);
  }
  const writtenOff = await db.select().from(ledgerEntry).where(eq(ledgerEntry.book, "write_off"));
  expect(writtenOff.reduce((sum, { amountNano }) => sum - amountNano, 0n)).toBe(model.writtenOffNano);
});
