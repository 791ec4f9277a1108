/**
 * The connection to Postgres: a small pool with every wait bounded, on our side too.
 *
 * The driver is node-postgres. postgres.js has no time-out of its own for a query, and when a server accepts a connection and closes it (a
 * balancer without a live server behind it), its queries wait for ever while it reconnects in a tight loop.
 */
import { sql } from "drizzle-orm";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { becomeApplication } from "./application-role.ts";
import * as schema from "./schema/index.ts";

/** What queries are written against. */
export type Db = NodePgDatabase<typeof schema>;

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  /** Shown in pg_stat_activity. */
  name: string;
  /** Connections at most; 10 when absent. */
  poolSizeMax?: number;
  /** Until a connection of the pool is ours; 2 s when absent. */
  connectTimeoutMs?: number;
  /** The server gives up a statement after this, and we a second later; 10 s when absent. */
  statementTimeoutMs?: number;
  /** For each sort and sum of a query, before it goes to disk: `work_mem`. The server's own, usually 4 MB, when absent. */
  sortMemoryMb?: number;
}

export interface Database {
  db: Db;
  /** @throws what the driver throws when Postgres cannot be reached; see `isDatabaseUnavailable`. */
  ping(): Promise<void>;
  /** Waits for running queries, `timeoutMs` at most; 5 s when absent. */
  close(timeoutMs?: number): Promise<void>;
}

/** Connects lazily: the first query opens the first connection. */
export function connectDatabase(options: DatabaseOptions): Database {
  const { connectTimeoutMs = 2_000, statementTimeoutMs = 10_000, poolSizeMax = 10, sortMemoryMb } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.name,
    max: poolSizeMax,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: 10_000,
    options: sortMemoryMb === undefined ? undefined : `-c work_mem=${sortMemoryMb}MB`,
    onConnect: (client) => becomeApplication(client, connectTimeoutMs),
  });
  // An idle connection was cut: the pool has dropped it already, and whoever needs one will be told if there is none.
  pool.on("error", () => undefined);
  const db = drizzle(pool, { schema });
  return {
    db,
    async ping() {
      await db.execute(sql`select 1`);
    },
    async close(timeoutMs = 5_000) {
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref());
      await Promise.race([pool.end(), timeout]);
    },
  };
}
