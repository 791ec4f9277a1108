/** A database of its own for a test file: a clone of one migrated template, on the server that the test run started. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { migrateDatabase } from "../src/migrate.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A database of the run's Postgres server, as a role that may create databases. */
    databaseUrl: string;
  }
}

export interface TestDatabase {
  /** `postgres://...`, for `connectDatabase`. */
  url: string;
  /** Also with connections open. */
  drop(): Promise<void>;
}

const templateLock = 7_383_713;
const template = "tera_test_template";

/** @param options.migrated false: an empty database. */
export async function createTestDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const serverUrl = inject("databaseUrl");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await onServer(serverUrl, async (client) => {
    if (!migrated) {
      await client.query(`create database ${name}`);
      return;
    }
    // Cloning fails while somebody is connected to the template, and several test files start at once.
    await client.query("select pg_advisory_lock($1)", [templateLock]);
    const present = await client.query("select 1 from pg_database where datname = $1", [template]);
    if (present.rowCount === 0) await client.query(`create database ${template}`);
    await migrateDatabase(databaseUrl(serverUrl, template), { log: { info: () => undefined } });
    await client.query(`create database ${name} template ${template}`);
  });
  return {
    url: databaseUrl(serverUrl, name),
    drop: () =>
      onServer(serverUrl, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

async function onServer(serverUrl: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
