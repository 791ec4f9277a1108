/** What `tera up` takes from the environment. Settings of gateway and worker (`TERA_GATEWAY_*`, `TERA_WORKER_*`) pass through to them untouched. */
import { parseEnvironment } from "@tera/protocol";
import { z } from "zod";

const fields = {
  /** A Postgres of one's own instead of the embedded one. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgres:// URL" }).optional(),
  /** A Redis of one's own (6.2 or newer, maxmemory-policy noeviction) instead of the embedded one. */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// URL" }).optional(),
  /** The secret under which keys are hashed; by default made once and kept in the data directory. */
  TERA_SECRET: z.string().min(32, "must have at least 32 characters; make one with: openssl rand -hex 32").optional(),
  TERA_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).optional(),
};

export interface UpConfig {
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  secret: string | undefined;
  /** What children inherit. */
  environment: NodeJS.ProcessEnv;
}

/** @throws {ConfigError} naming every variable that is wrong. */
export function readUpConfig(environment: NodeJS.ProcessEnv = process.env): UpConfig {
  const parsed = parseEnvironment(fields, "TERA_CLI_", environment);
  return {
    databaseUrl: parsed.DATABASE_URL,
    redisUrl: parsed.REDIS_URL,
    secret: parsed.TERA_SECRET,
    environment,
  };
}
