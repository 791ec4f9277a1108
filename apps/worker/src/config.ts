/** The worker's settings from the environment: the only reader of `process.env` here. What it runs is in its file, see worker-file.ts. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { integer, parseEnvironment } from "@tera/protocol";
import { z } from "zod";

const fields = {
  /** Where the lanes are. */
  REDIS_URL: z.url("must be a redis:// or rediss:// URL"),
  /** Unique among live workers; shows in usage and in `tera runners list`. */
  TERA_WORKER_ID: z
    .string()
    .regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits, _, . or -")
    .default(
      () =>
        `${hostname()
          .replace(/[^\w.-]/g, "-")
          .slice(0, 48)}-${randomBytes(3).toString("hex")}`,
    ),
  /** Path of the file that names the runners (YAML); without it, tera.worker.yaml if there is one, else the engines found on local ports. */
  TERA_WORKER_CONFIG: z.string().min(1).optional(),
  /** Where models from Hugging Face are kept. */
  TERA_WORKER_MODELS_DIR: z.string().default(".tera/models"),
  /** How long running generations may take to end after SIGTERM. Milliseconds. */
  TERA_WORKER_DRAIN_MS: integer(0, 3_600_000).default(30_000),
  /** Slots of each runner that lines of batches leave free, so that a live request finds one at once. Of a runner with one slot none can be kept: there, a live request waits for the end of a line. */
  TERA_WORKER_LIVE_RESERVE: integer(0, 1_024).default(1),
  TERA_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
};

/** @throws {ConfigError} naming every variable that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  return parseEnvironment(fields, "TERA_WORKER_", environment);
}

/** What a server that the worker starts inherits: everything but Tera's own settings, which hold passwords. */
export function serverEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const isOwn = (name: string) => name === "REDIS_URL" || name === "DATABASE_URL" || name.startsWith("TERA_");
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isOwn(name)));
}
