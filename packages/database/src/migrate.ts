/** Brings a database to the schema of this version. Any number of processes may start at once: one migrates, the others wait. */
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";

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
  const connection = connectOnce(url, statementTimeoutMs);
  try {
    await connection`select pg_advisory_lock(${lockId})`;
    const db = drizzle(connection);
    const before = await countApplied(db);
    await migrate(db, { migrationsFolder });
    const applied = (await countApplied(db)) - before;
    if (applied > 0) log.info({ applied }, "database migrated");
  } finally {
    // Ends the session, and with it the lock.
    await connection.end({ timeout: 5 });
  }
}

/** How many migrations this version has, and how many of them the database has had. More applied than known: a newer Tera was here. */
export async function readMigrationStatus(url: string): Promise<{ applied: number; known: number }> {
  const connection = connectOnce(url, 5_000);
  try {
    return {
      applied: await countApplied(drizzle(connection)),
      known: readMigrationFiles({ migrationsFolder }).length,
    };
  } finally {
    await connection.end({ timeout: 5 });
  }
}

function connectOnce(url: string, timeoutMs: number): postgres.Sql {
  return postgres(url, {
    max: 1,
    connect_timeout: 5,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: "tera-migrate", statement_timeout: timeoutMs },
  });
}

async function countApplied(db: ReturnType<typeof drizzle>): Promise<number> {
  const [table] = await db.execute(sql`select to_regclass('drizzle.__drizzle_migrations') is not null as present`);
  if (table?.["present"] !== true) return 0;
  const [row] = await db.execute(sql`select count(*)::int as applied from drizzle.__drizzle_migrations`);
  return typeof row?.["applied"] === "number" ? row["applied"] : 0;
}
