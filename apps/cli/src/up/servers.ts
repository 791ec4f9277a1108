/** Postgres and Redis for the stack: the embedded ones, or those that the environment names. */
import {
  type EmbeddedPostgres,
  type EmbeddedRedis,
  ensureRedisServer,
  type ProcessGuard,
  type ServerExit,
  startEmbeddedPostgres,
  startEmbeddedRedis,
} from "@tera/embedded";
import type { DataDirectory } from "./data-directory.ts";
import { type LogFile, openLogFile } from "./log-file.ts";

export interface Server {
  readonly url: string;
  /** Absent: it is not ours. */
  readonly pid?: number;
  /** Resolves when it ends; never, when it is not ours. */
  readonly exited: Promise<ServerExit>;
  stop(): Promise<void>;
}

interface ServerDependencies {
  directory: DataDirectory;
  guard: ProcessGuard;
  note: (line: string) => void;
}

export async function openPostgres(url: string | undefined, dependencies: ServerDependencies): Promise<Server> {
  if (url !== undefined) return foreign(url);
  const { directory, guard } = dependencies;
  const log = openLogFile(directory.at("logs", "postgres.log"));
  return own(await startEmbeddedPostgres({ dataDir: directory.at("postgres"), log: log.write, guard }), log);
}

export async function openRedis(url: string | undefined, dependencies: ServerDependencies): Promise<Server> {
  if (url !== undefined) return foreign(url);
  const { directory, guard, note } = dependencies;
  await ensureRedisServer({ log: note });
  const log = openLogFile(directory.at("logs", "redis.log"));
  return own(await startEmbeddedRedis({ dataDir: directory.at("redis"), log: log.write, guard }), log);
}

function own(server: EmbeddedPostgres | EmbeddedRedis, log: LogFile): Server {
  return {
    url: server.url,
    pid: server.pid,
    exited: new Promise((resolve) => server.onExit(resolve)),
    async stop() {
      await server.stop();
      log.close();
    },
  };
}

function foreign(url: string): Server {
  return { url, exited: new Promise(() => undefined), stop: async () => undefined };
}
