/**
 * A program that starts both servers and waits to be killed: `node servers-owner.ts <data directory> <guarded|unguarded>`. Prints their pids.
 * Ends with its standard input, so that a test run that is itself killed leaves nothing.
 */
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
process.stdin.resume().once("end", async () => {
  await Promise.all([postgres.stop(), redis.stop()]);
  process.exit();
});
