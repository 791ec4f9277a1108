import { connectDatabase, usageHour } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { afterAll, expect, test } from "vitest";
import { createSpendStore, sumSpend } from "./spend-store.ts";

const testDatabase = await createTestDatabase();
const database = connectDatabase({ url: testDatabase.url, name: "test" });
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("spend is told apart by key and by period, over all models", async () => {
  const now = new Date();
  const monthsAgo = new Date(now.getTime() - 70 * 86_400_000);
  const row = { accountId: "a", keyId: "k1", model: "m", hour: now, requests: 2, chargeNano: 5n };
  await database.db
    .insert(usageHour)
    .values([
      row,
      { ...row, model: "n" },
      { ...row, hour: monthsAgo, chargeNano: 100n },
      { ...row, keyId: "k2", chargeNano: 9_007_199_254_740_993n },
      { ...row, accountId: "b" },
    ]);
  const spend = await createSpendStore({ db: database.db }).byKey("a");
  expect(spend.get("k1")).toEqual({ dayNano: 10n, monthNano: 10n, totalNano: 110n, monthRequests: 4 });
  expect(spend.get("k2")?.totalNano).toBe(9_007_199_254_740_993n);
  expect(sumSpend(spend.values())).toMatchObject({ totalNano: 9_007_199_254_741_103n, monthRequests: 6 });
});
