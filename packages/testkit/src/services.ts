/**
 * Real Postgres and Redis for tests and benchmarks, in a temporary directory: one Postgres with a database per caller, cloned from a migrated
 * template; a Redis server per caller, because pub/sub crosses Redis' own databases.
 *
 * Nothing is started before it is asked for. `stop` ends everything and says what its users left behind.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateDatabase } from "@tera/database";
import type { TestDatabase } from "@tera/database/testing";
import {
  createProcessGuard,
  type EmbeddedPostgres,
  type EmbeddedRedis,
  ensureRedisServer,
  startEmbeddedPostgres,
  startEmbeddedRedis,
} from "@tera/embedded";
import { Client } from "pg";

export interface TestRedis {
  /** `redis://...`, a server of one's own. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** What the whole-stack harness takes its servers from. */
export interface TestServices {
  createDatabase(): Promise<TestDatabase>;
  createRedis(): Promise<TestRedis>;
}

export interface OwnedTestServices extends TestServices {
  /** Ends every server. @returns a line per database and server that was still in use. */
  stop(): Promise<string[]>;
}

const template = "tera_template";

/** @param log what the servers say; most callers drop it. */
export async function startTestServices({ log }: { log: (line: string) => void }): Promise<OwnedTestServices> {
  const directory = await mkdtemp(join(tmpdir(), "tera-testkit-"));
  const guard = await createProcessGuard();
  const databases = new Set<string>();
  const redisServers = new Set<EmbeddedRedis>();
  let redisCount = 0;
  let databaseCount = 0;
  let postgres: Promise<EmbeddedPostgres> | undefined;
  let redisProgram: Promise<unknown> | undefined;
  /** CREATE DATABASE locks the template: one at a time. */
  let creations: Promise<unknown> = Promise.resolve();

  async function startPostgres(): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataDir: join(directory, "postgres"), log, guard });
    // Nothing here outlives the run: durability would only cost time.
    const hasty = ["fsync", "full_page_writes", "synchronous_commit"].map((name) => `alter system set ${name} = off`);
    await administer(server.url, ...hasty, "select pg_reload_conf()", `create database ${template}`);
    await migrateDatabase(withDatabase(server.url, template), { log: { info: () => undefined } });
    return server;
  }

  return {
    async createDatabase() {
      postgres ??= startPostgres();
      const { url } = await postgres;
      const name = `test_${++databaseCount}`;
      const creation = creations.then(() => administer(url, `create database ${name} template ${template}`));
      creations = creation.catch(() => undefined);
      await creation;
      databases.add(name);
      return {
        url: withDatabase(url, name),
        async drop() {
          if (!databases.delete(name)) return;
          await administer(url, `drop database ${name} with (force)`);
        },
      };
    },

    async createRedis() {
      redisProgram ??= ensureRedisServer({ log });
      await redisProgram;
      const server = await startEmbeddedRedis({ dataDir: join(directory, `redis-${++redisCount}`), log, guard });
      redisServers.add(server);
      return {
        url: server.url,
        pid: server.pid,
        async stop() {
          redisServers.delete(server);
          await server.stop();
        },
      };
    },

    async stop() {
      const left = [
        ...[...databases].map((name) => `database ${name} was not dropped`),
        ...[...redisServers].map((server) => `Redis ${server.pid} was not stopped`),
      ];
      await Promise.all([...redisServers].map((server) => server.stop()));
      await (await postgres?.catch(() => undefined))?.stop();
      await guard.close();
      await rm(directory, { recursive: true, force: true });
      return left;
    },
  };
}

async function administer(url: string, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
