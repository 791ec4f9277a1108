/** A program that starts both servers and waits to be killed: `node servers-owner.ts <data directory> <guarded|unguarded>`. Prints their pids. */
import { join } from "node:path";
import { createProcessGuard, startEmbeddedPostgres, startEmbeddedRedis } from "../index.ts";

const [, , dataDir = "", mode = ""] = process.argv;
const guard = mode === "guarded" ? { guard: await createProcessGuard() } : {};
const log = () => undefined;
const [postgres, redis] = await Promise.all([
  startEmbeddedPostgres({ dataDir: join(dataDir, "postgres"), log, ...guard }),
  startEmbeddedRedis({ dataDir: join(dataDir, "redis"), log, ...guard }),
]);
console.log(JSON.stringify({ postgres: postgres.pid, redis: redis.pid, url: postgres.url }));
