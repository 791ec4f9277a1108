/** What is remembered of the largest groups, and what is not. */
import { account, connectDatabase, type Database } from "@tera/database";
import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { createPriceStore, createUsageWriter } from "@tera/metering";
import { newUsageRecord } from "@tera/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createLargestGroups } from "./largest-groups.ts";

const admittedAtMs = Date.UTC(2026, 10, 20, 12);
let testDatabase: TestDatabase;
let database: Database;
let priceId: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  const validFrom = new Date(admittedAtMs - 1);
  priceId = (
    await createPriceStore({ db: database.db }).addPrice({ model: "m", outputNano: 1n, author: "test", validFrom })
  ).id;
});
afterAll(async () => {
  vi.useRealTimers();
  await database.close();
  await testDatabase.drop();
});

async function use(accountId: string, completionTokens: number): Promise<void> {
  await database.db.insert(account).values({ id: accountId, name: accountId, kind: "postpaid" });
  const billing = { priceId, holds: [{ purseId: accountId }] };
  const record = newUsageRecord({ accountId, admittedAtMs, usage: { completionTokens }, billing });
  await createUsageWriter({ db: database.db, author: "gateway:g1" }).settle([record]);
}

test("with more than are shown, the largest stay for a minute; with few, what is new is seen at once", async () => {
  const { find } = createLargestGroups({ db: database.db });
  const largest = async (limit: number) => (await find({}, "account", limit)).map(({ group }) => group);
  await use("acct_small", 1);
  await use("acct_large", 10);
  expect(await largest(3)).toEqual(["acct_large", "acct_small"]);
  expect(await largest(1)).toEqual(["acct_large"]);
  await use("acct_larger", 100);
  expect(await largest(1)).toEqual(["acct_large"]);
  expect(await largest(3)).toEqual(["acct_larger", "acct_large", "acct_small"]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
  expect(await largest(1)).toEqual(["acct_larger"]);
});
