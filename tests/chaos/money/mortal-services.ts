/**
 * A Postgres and a Redis that can be killed and started again at the same address: Postgres as it is in production, with everything that was committed
 * on disk; Redis as Tera runs it, empty after each start.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateDatabase } from "@tera/database";
import {
  createProcessGuard,
  type EmbeddedPostgres,
  ensureRedisServer,
  findFreePort,
  type ServerProcess,
  startEmbeddedPostgres,
  startServerProcess,
} from "@tera/embedded";
import type { TestServices } from "@tera/testkit";
import { type Door, startDoor } from "./door.ts";

export interface MortalServices extends TestServices {
  /** The way to Postgres. */
  readonly postgresDoor: Door;
  /** `kill -9`, and back again. */
  killPostgres(): Promise<void>;
  killRedis(): Promise<void>;
  revivePostgres(): Promise<void>;
  reviveRedis(): Promise<void>;
  stop(): Promise<void>;
}

const silent = () => undefined;

export async function startMortalServices(): Promise<MortalServices> {
  const directory = await mkdtemp(join(tmpdir(), "tera-chaos-"));
  const guard = await createProcessGuard();
  const { path: redisProgram } = await ensureRedisServer({ log: silent });
  const redisPort = await findFreePort();
  const postgresDoor = await startDoor();
  let postgres: EmbeddedPostgres | undefined;
  let redis: ServerProcess | undefined;

  async function startPostgres(): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataDir: join(directory, "postgres"), log: silent, guard });
    postgresDoor.leadTo(Number(new URL(server.url).port));
    postgres = server;
    return server;
  }

  async function startRedis(): Promise<ServerProcess> {
    const settings = { bind: "127.0.0.1", port: String(redisPort), dir: directory, save: "", appendonly: "no" };
    const server = await startServerProcess(
      {
        file: redisProgram,
        arguments: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
        cwd: directory,
        environment: process.env,
      },
      { log: silent, guard, guardSignal: "SIGTERM" },
    );
    const outcome = await server.untilLine(/ready to accept connections/i);
    if (typeof outcome !== "string") throw new Error(`Redis does not start:\n${outcome.lastLines.join("\n")}`);
    redis = server;
    return server;
  }

  return {
    postgresDoor,
    async createDatabase() {
      const url = new URL((await startPostgres()).url);
      url.port = String(postgresDoor.port);
      await migrateDatabase(url.href, { log: { info: silent } });
      return { url: url.href, drop: async () => undefined };
    },
    async createRedis() {
      const { pid } = await startRedis();
      return { url: `redis://127.0.0.1:${redisPort}`, pid, stop: async () => undefined };
    },
    async killPostgres() {
      const server = postgres;
      if (server === undefined) return;
      const ended = new Promise<void>((resolve) => server.onExit(() => resolve()));
      process.kill(server.pid, "SIGKILL");
      await ended;
    },
    async killRedis() {
      if (redis === undefined) return;
      process.kill(redis.pid, "SIGKILL");
      await redis.exited;
    },
    async revivePostgres() {
      await startPostgres();
    },
    async reviveRedis() {
      await startRedis();
    },
    async stop() {
      await redis?.end([{ signal: "SIGTERM", waitMs: 2_000 }]);
      await postgres?.stop();
      await postgresDoor.close();
      await guard.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
