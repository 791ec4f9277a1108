import { createTestDatabase, startBreakableProxy } from "@tera/database/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { connectDatabase } from "./connect.ts";
import { usageEvent } from "./schema/index.ts";
import { databaseReason, isDatabaseUnavailable, isDataRefused } from "./unavailable.ts";

test("a server that nobody runs is unavailable, and said so within a second", async () => {
  const database = connectDatabase({ url: "postgres://tera:tera@127.0.0.1:1/tera", name: "test" });
  const startedAt = performance.now();
  const error: unknown = await database.ping().catch((thrown: unknown) => thrown);
  expect(isDatabaseUnavailable(error)).toBe(true);
  expect(databaseReason(error)).toContain("ECONNREFUSED");
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  await database.close(0);
});

test("queries work again within two seconds of the server's return", async () => {
  const { url, drop } = await createTestDatabase();
  const proxy = await startBreakableProxy(url);
  const database = connectDatabase({ url: proxy.url, name: "test" });
  await database.ping();
  proxy.break();
  for (let attempt = 0; attempt < 4; attempt++) {
    const error: unknown = await database.ping().catch((thrown: unknown) => thrown);
    expect(isDatabaseUnavailable(error)).toBe(true);
  }
  proxy.heal();
  const healedAt = performance.now();
  while (await database.ping().then(() => false, isDatabaseUnavailable))
    expect(performance.now() - healedAt).toBeLessThan(2_000);
  await database.close(0);
  await proxy.close();
  await drop();
});

test("a server that falls silent in the middle of a query is given up", async () => {
  const { url, drop } = await createTestDatabase();
  const proxy = await startBreakableProxy(url);
  const database = connectDatabase({ url: proxy.url, name: "test", statementTimeoutMs: 100, connectTimeoutMs: 300 });
  await database.ping();
  proxy.freeze();
  const duringQuery: unknown = await database.ping().catch((thrown: unknown) => thrown);
  expect(isDatabaseUnavailable(duringQuery)).toBe(true);
  const duringConnect: unknown = await database.ping().catch((thrown: unknown) => thrown);
  expect(isDatabaseUnavailable(duringConnect)).toBe(true);
  proxy.heal();
  await database.ping();
  await database.close(0);
  await proxy.close();
  await drop();
});

test("the server gives up a statement after its time-out", async () => {
  const { url, drop } = await createTestDatabase();
  const database = connectDatabase({ url, name: "test", statementTimeoutMs: 100 });
  const error: unknown = await database.db.execute(sql`select pg_sleep(10)`).catch((thrown: unknown) => thrown);
  expect(isDatabaseUnavailable(error)).toBe(true);
  await database.close();
  await drop();
});

test("a wrong query is neither an outage nor refused data, and a refused row is no outage", async () => {
  const { url, drop } = await createTestDatabase();
  const { db, close } = connectDatabase({ url, name: "test" });
  const wrongQuery: unknown = await db.execute(sql`select nothing from nowhere`).catch((thrown: unknown) => thrown);
  expect([isDatabaseUnavailable(wrongQuery), isDataRefused(wrongQuery)]).toEqual([false, false]);

  const counts = { promptTokens: -1, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0, speechCharacters: 0 };
  const negative: unknown = await db
    .insert(usageEvent)
    .values({
      ...counts,
      requestId: "req_1",
      accountId: "acct_1",
      keyId: "key_1",
      model: "m",
      endpoint: "chat",
      stream: false,
      status: "succeeded",
      usageSource: "engine",
      gatewayId: "g",
      attempts: 1,
      admittedAt: new Date(),
      totalMs: 1,
    })
    .catch((thrown: unknown) => thrown);
  expect([isDatabaseUnavailable(negative), isDataRefused(negative)]).toEqual([false, true]);
  await close();
  await drop();
});
