import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import pg from "pg";
import { expect, test } from "vitest";
import { inspectDatabase, migrateDatabase } from "./migrate.ts";

const silent = { info: () => undefined };

test("ten processes that start at once migrate an empty database exactly once", async () => {
  const { url, drop } = await createEmptyDatabase();
  expect(await inspectDatabase(url)).toMatchObject({ applied: 0, serverVersion: expect.stringMatching(/^\d/) });
  const lines: object[] = [];
  const log = { info: (fields: object) => lines.push(fields) };

  await Promise.all(Array.from({ length: 10 }, () => migrateDatabase(url, { log })));

  const { applied, known } = await inspectDatabase(url);
  expect(applied).toBe(known);
  expect(lines).toEqual([{ applied: known }]);
  await drop();
});

test("a migrated database is left as it is", async () => {
  const { url, drop } = await createTestDatabase();
  const client = await connect(url);
  await client.query("insert into account (id, name, kind) values ('acct_1', 'one', 'prepaid')");
  await migrateDatabase(url, { log: silent });
  expect((await client.query("select id from account")).rows).toHaveLength(1);
  await client.end();
  await drop();
});

test("the lock is free again after a migration that failed, and nothing of it stays", async () => {
  const { url, drop } = await createEmptyDatabase();
  const client = await connect(url);
  await client.query("create table usage_event (foreign_table int)");
  await expect(migrateDatabase(url, { log: silent })).rejects.toThrow();
  expect((await client.query("select to_regclass('account') as account")).rows).toEqual([{ account: null }]);
  await client.query("drop table usage_event");
  await migrateDatabase(url, { log: silent });
  expect((await inspectDatabase(url)).applied).toBeGreaterThan(0);
  await client.end();
  await drop();
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

async function createEmptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  const client = await connect(database.url);
  await client.query("drop schema public cascade; drop schema drizzle cascade; create schema public");
  await client.end();
  return database;
}
