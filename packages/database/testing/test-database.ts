/**
 * A database of its own for a test file: a clone of one migrated template, on the server that the test run started.
 *
 * For tests only; not part of what the package does. It is here, and not in testkit, because testkit itself builds on this package.
 */
import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { migrateDatabase } from "../src/migrate.ts";

export interface TestDatabase {
  /** `postgres://...`, for `connectDatabase`. */
  url: string;
  /** Also with connections open. */
  drop(): Promise<void>;
}

const templateLock = 7_383_713;

/** @param serverUrl a database of the server to make it on; its role must be allowed to create databases. */
export async function createTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await onServer(serverUrl, async (sql) => {
    // Cloning fails while somebody is connected to the template, and several test files start at once.
    await sql`select pg_advisory_lock(${templateLock})`;
    const template = await prepareTemplate(sql, serverUrl);
    await sql`create database ${sql(name)} template ${sql(template)}`;
  });
  return {
    url: databaseUrl(serverUrl, name),
    drop: () =>
      onServer(serverUrl, async (sql) => {
        await sql`drop database if exists ${sql(name)} with (force)`;
      }),
  };
}

async function prepareTemplate(sql: postgres.Sql, serverUrl: string): Promise<string> {
  const template = "tera_test_template";
  const [present] = await sql`select 1 from pg_database where datname = ${template}`;
  if (present === undefined) await sql`create database ${sql(template)}`;
  await migrateDatabase(databaseUrl(serverUrl, template), { log: { info: () => undefined } });
  return template;
}

async function onServer<Result>(serverUrl: string, work: (sql: postgres.Sql) => Promise<Result>): Promise<Result> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
