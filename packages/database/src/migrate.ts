/** Brings a database to the schema of this version. Any number of processes may start at once: one migrates, the others wait. */
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { type ApplicationRoleState, grantToApplication, inspectApplicationRole } from "./application-role.ts";

export interface MigrationLog {
  info(fields: object, message: string): void;
}

const migrationsFolder = fileURLToPath(new URL("../migrations", import.meta.url));
/** Any fixed number: the advisory lock that all versions of Tera share. */
const lockId = 7_383_712;
/** A migration of a large table takes long; waiting for somebody else's takes as long. */
const statementTimeoutMs = 600_000;

/**
 * Applies the migrations that are missing, in order, in one transaction. Does nothing when there are none.
 * @throws what the driver throws when Postgres cannot be reached, see `isDatabaseUnavailable`; and when a migration fails: nothing of it stays.
 */
export async function migrateDatabase(url: string, { log }: { log: MigrationLog }): Promise<void> {
  // The end of the session is also the end of the lock.
  await inSession(url, statementTimeoutMs, async (db) => {
    await db.execute(sql`select pg_advisory_lock(${lockId})`);
    const before = await countApplied(db);
    // Who only has the application's role may not even ask the migrator, which begins by making its own table.
    if (before < countKnown()) {
      await migrate(db, { migrationsFolder });
      log.info({ applied: (await countApplied(db)) - before }, "database migrated");
    }
    await grantToApplication(db, before < countKnown());
  });
}

export interface DatabaseState {
  /** `18.4` */
  serverVersion: string;
  /** Migrations that the database has had. More than are known: a newer Tera was here. */
  applied: number;
  /** Migrations of this version. */
  known: number;
  /** Usage events that lie in no month; undefined before there are months. More than none: a gateway could not make a month, or a clock was wrong. */
  strayUsageEvents: number | undefined;
  /** Whether connections work as the role that may not change what is append-only. */
  applicationRole: ApplicationRoleState;
}

/** @throws what the driver throws when Postgres cannot be reached. */
export async function inspectDatabase(url: string): Promise<DatabaseState> {
  const known = countKnown();
  return inSession(url, 5_000, async (db) => {
    const version = await db.execute<{ version: string }>(sql`select current_setting('server_version') as version`);
    return {
      serverVersion: version.rows[0]?.version ?? "unknown",
      applied: await countApplied(db),
      known,
      strayUsageEvents: await countStrayUsage(db),
      applicationRole: await inspectApplicationRole(db),
    };
  });
}

async function inSession<Result>(
  url: string,
  timeoutMs: number,
  work: (db: NodePgDatabase) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "tera-migrate",
    connectionTimeoutMillis: 5_000,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + 1_000,
  });
  // A connection that is cut between two queries: the next query fails and says so.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(drizzle(client));
  } finally {
    await client.end();
  }
}

function countKnown(): number {
  return readMigrationFiles({ migrationsFolder }).length;
}

async function countApplied(db: NodePgDatabase): Promise<number> {
  const present = await db.execute<{ present: boolean }>(
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as present`,
  );
  if (present.rows[0]?.present !== true) return 0;
  const applied = await db.execute<{ applied: number }>(
    sql`select count(*)::int as applied from drizzle.__drizzle_migrations`,
  );
  return applied.rows[0]?.applied ?? 0;
}

async function countStrayUsage(db: NodePgDatabase): Promise<number | undefined> {
  const present = await db.execute<{ present: boolean }>(
    sql`select to_regclass('public.usage_event_default') is not null as present`,
  );
  if (present.rows[0]?.present !== true) return undefined;
  const stray = await db.execute<{ stray: number }>(sql`select count(*)::int as stray from usage_event_default`);
  return stray.rows[0]?.stray;
}
