/** The connection to Postgres: a small pool with every wait bounded. */
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import * as schema from "./schema/index.ts";

/** What queries are written against; `database.db` in every package. */
export type Db = PostgresJsDatabase<typeof schema>;

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  /** Shown in pg_stat_activity. */
  name: string;
  /** Connections at most. */
  poolSizeMax?: number;
  connectTimeoutMs?: number;
  /** The server gives up a statement after this. */
  statementTimeoutMs?: number;
}

export interface Database {
  db: Db;
  /** For what drizzle has no words for. Beware: drizzle's driver leaves timestamps on this client as text. */
  sql: postgres.Sql;
  /** @throws what the driver throws when Postgres cannot be reached; see `isDatabaseUnavailable`. */
  ping(): Promise<void>;
  /** Waits for running queries at most `timeoutMs`, then cuts them. */
  close(timeoutMs?: number): Promise<void>;
}

/** Connects lazily: the first query opens the first connection. */
export function connectDatabase(options: DatabaseOptions): Database {
  const sql = postgres(options.url, {
    max: options.poolSizeMax ?? 10,
    connect_timeout: (options.connectTimeoutMs ?? 2_000) / 1_000,
    // The driver's own back-off grows to 20 s: far too late to notice that Postgres is back.
    backoff: (retries: number) => Math.min(0.05 * 2 ** retries, 1),
    idle_timeout: 60,
    keep_alive: 10,
    fetch_types: false,
    onnotice: () => undefined,
    connection: {
      application_name: options.name,
      statement_timeout: options.statementTimeoutMs ?? 10_000,
      idle_in_transaction_session_timeout: 10_000,
    },
  });
  return {
    db: drizzle(sql, { schema }),
    sql,
    async ping() {
      await sql`select 1`;
    },
    async close(timeoutMs = 5_000) {
      await sql.end({ timeout: timeoutMs / 1_000 });
    },
  };
}
