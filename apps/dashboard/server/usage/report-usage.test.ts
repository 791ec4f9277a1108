import { account, connectDatabase } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { createPriceStore, createUsageReports, createUsageWriter } from "@tera/metering";
import { newUsageRecord } from "@tera/testkit";
import { expect, test } from "vitest";
import { reportUsage } from "./report-usage.ts";

test("a report adds up, and what is remembered of the largest groups does not make their sums old", async () => {
  const testDatabase = await createTestDatabase();
  const database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  const from = new Date(Date.UTC(2026, 10, 20));
  const to = new Date(Date.UTC(2026, 10, 22));
  try {
    const price = { model: "m", outputNano: 1n, author: "test", validFrom: new Date(from.getTime() - 1) };
    const { id: priceId } = await createPriceStore({ db }).addPrice(price);
    const accountIds = Array.from({ length: 102 }, (_, index) => `acct_${index}`);
    await db.insert(account).values(accountIds.map((id) => ({ id, name: id, kind: "postpaid" as const })));
    const records = accountIds.flatMap((accountId, index) =>
      [1, 30].map((hour) =>
        newUsageRecord({
          accountId,
          admittedAtMs: from.getTime() + hour * 3_600_000,
          // Not in the order of their names.
          usage: { completionTokens: 1 + ((index * 7) % 102) },
          billing: { priceId, holds: [{ purseId: accountId }] },
        }),
      ),
    );
    await createUsageWriter({ db, author: "gateway:g1" }).settle(records);

    const known = await createUsageReports({ db }).summarize({ from, to }, "account", 100);
    const report = (largest: typeof known) =>
      reportUsage(db, { find: async () => largest }, { from, to }, { from, to }, { by: "account", interval: "hour" });
    const found = await report(known);
    expect(found.rows.map(({ id }) => id)).toEqual([...known.map(({ group }) => group), ""]);
    expect(found.rows.at(-1)?.requests).toBe(4);
    expect(found.total.requests).toBe(204);
    // Seven of them, and the others together.
    expect(found.series.map(({ id }) => id)).toEqual([...known.slice(0, 7).map(({ group }) => group), ""]);
    const old = known.map((sum, index) => (index < 7 ? { ...sum, requests: 0, chargeNano: 0n } : sum));
    expect(await report(old)).toEqual(found);
  } finally {
    await database.close();
    await testDatabase.drop();
  }
});
