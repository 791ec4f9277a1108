import { account, connectDatabase } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { createPriceStore, createUsageReports, createUsageWriter } from "@tera/metering";
import { newUsageRecord } from "@tera/testkit";
import { expect, test } from "vitest";
import { reportUsage } from "./report-usage.ts";

test("a report is the same whether the largest groups were known before or are found with it", async () => {
  const testDatabase = await createTestDatabase();
  const database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  const from = new Date(Date.UTC(2026, 10, 20));
  const to = new Date(Date.UTC(2026, 10, 22));
  try {
    const price = { model: "m", outputNano: 1n, author: "test", validFrom: new Date(from.getTime() - 1) };
    const { id: priceId } = await createPriceStore({ db }).addPrice(price);
    const accountIds = Array.from({ length: 10 }, (_, index) => `acct_${index}`);
    await db.insert(account).values(accountIds.map((id) => ({ id, name: id, kind: "postpaid" as const })));
    const records = accountIds.flatMap((accountId, index) =>
      [1, 30].map((hour) =>
        newUsageRecord({
          accountId,
          admittedAtMs: from.getTime() + hour * 3_600_000,
          // Not in the order of their names.
          usage: { completionTokens: 1 + ((index * 7) % 10) },
          billing: { priceId, holds: [{ purseId: accountId }] },
        }),
      ),
    );
    await createUsageWriter({ db, author: "gateway:g1" }).settle(records);

    const report = (known: readonly string[] | undefined) =>
      reportUsage(db, { find: async () => known }, { from, to }, { from, to }, { by: "account", interval: "hour" });
    const found = await report(undefined);
    expect(found.rows).toHaveLength(10);
    expect(found.total.requests).toBe(20);
    // Seven of them, and the others together.
    expect(found.series.map(({ id }) => id)).toEqual([...found.rows.slice(0, 7).map(({ id }) => id), ""]);
    const largest = await createUsageReports({ db }).findLargest({ from, to }, "account", 10);
    expect(await report(largest)).toEqual(found);
    const cut = await report(largest.slice(0, 9));
    expect(cut.rows.map(({ id }) => id)).toEqual([...largest.slice(0, 9), ""]);
    expect(cut.rows.at(-1)?.requests).toBe(2);
  } finally {
    await database.close();
    await testDatabase.drop();
  }
});
