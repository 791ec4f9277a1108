import { createTestDatabase } from "@tera/database/testing";
import { isRunning } from "@tera/embedded";
import { Client } from "pg";
import { afterAll, expect, test } from "vitest";
import { createTestRedis } from "./test-services.ts";

const databases = await Promise.all([createTestDatabase(), createTestDatabase()]);
afterAll(() => Promise.all(databases.map((database) => database.drop())));

async function query(url: string, statement: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

test("each database has the schema, and nothing of the other's rows", async () => {
  const [first, second] = databases;
  await query(first.url, "insert into account (id, name, kind) values ('acct_1', 'one', 'prepaid')");
  expect(await query(first.url, "select id from account")).toEqual([{ id: "acct_1" }]);
  expect(await query(second.url, "select id from account")).toEqual([]);
});

test("a dropped database is gone, also while somebody is connected", async () => {
  const database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  client.on("error", () => undefined);
  const cut = new Promise<void>((resolve) => {
    client.once("end", () => resolve());
  });
  await client.connect();
  await database.drop();
  await expect(query(database.url, "select 1")).rejects.toThrow(/does not exist/);
  await cut;
});

test("a stopped Redis has ended", async () => {
  const redis = await createTestRedis();
  expect(await isRunning(redis.pid)).toBe(true);
  await redis.stop();
  expect(await isRunning(redis.pid)).toBe(false);
});
