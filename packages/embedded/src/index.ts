/** Private servers on this machine: Postgres and Redis, their locks, their end. For `tera up` and for tests. */
export { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
export { EmbeddedError, isDiskFull } from "./embedded-error.ts";
export { ensureRedisServer } from "./ensure-redis-server.ts";
export { findFreePort } from "./free-port.ts";
export { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from "./postgres.ts";
export { createProcessGuard, type ProcessGuard } from "./process-guard.ts";
export { commandOf, endProcess, isRunning } from "./process-table.ts";
export { type EmbeddedRedis, type EmbeddedRedisOptions, startEmbeddedRedis } from "./redis.ts";
export { findRedisBinary, type RedisBinary } from "./redis-binary.ts";
export { type ServerExit, type ServerProcess, startServerProcess } from "./server-process.ts";
export { installSystemPackage } from "./system-package.ts";
