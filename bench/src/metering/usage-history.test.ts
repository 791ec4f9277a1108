/** The made history is what settling would have left: what is measured on it is worth something. */
import { connectDatabase } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { checkLedger, createLedgerStore, createUsageReports } from "@tera/metering";
import { expect, test } from "vitest";
import { makeUsageHistory } from "./usage-history.ts";

test("a made history has no findings, but for its made up hashes", async () => {
  const testDatabase = await createTestDatabase();
  const database = connectDatabase({ url: testDatabase.url, name: "test" });
  try {
    const events = 3_000;
    await makeUsageHistory(testDatabase.url, { events, accounts: 5, keysPerAccount: 2, models: 3 }, () => undefined);
    const { db } = database;
    const problems = (await checkLedger({ db })).map(({ problem }) => problem);
    expect(problems.toSorted()).toEqual(["chain_broken", "hash_differs"]);
    const total = await createUsageReports({ db }).total({});
    expect(total).toMatchObject({ requests: events, correctionNano: 0n });
    const balances = await createLedgerStore({ db }).balances(["acct_0", "acct_1", "acct_2", "acct_3", "acct_4"]);
    const left = [...balances.values()].reduce((sum, { availableNano }) => sum + availableNano, 0n);
    expect(left).toBe(total.chargeNano);
  } finally {
    await database.close();
    await testDatabase.drop();
  }
});
