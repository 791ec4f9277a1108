/**
 * Which stack a command speaks to.
 *
 * `--data-dir` names the data directory of a `tera up`; without it the environment counts (DATABASE_URL, REDIS_URL, TERA_SECRET), and then the default data
 * directory. The two are never mixed: a key for one installation's database, hashed with another's secret, would open nothing.
 *
 * Some commands also work without database and secret at hand, through an Admin API: `--url` names one, or TERA_ADMIN_URL where there is no `--data-dir`.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { AuditActor } from "@tera/access";
import { isRunning } from "@tera/embedded";
import { type RemoteConfig, readRemoteConfig } from "../remote/config.ts";
import { CliError } from "../terminal/cli-error.ts";
import { readUpConfig } from "../up/config.ts";
import { readStack, type Stack } from "../up/data-directory.ts";
import { defaultDataDirectory } from "../up/flags.ts";
import { auditActorOf } from "./audit-actor.ts";

export interface FoundStack {
  readonly dataDirectory: string;
  /** What runs on the data directory; undefined when nothing does, or the environment counts. */
  readonly running: Stack | undefined;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly secret: string | undefined;
  /** Whom the audit log names for what is changed. */
  readonly auditActor: AuditActor;
}

export interface StackQuery {
  /** `--data-dir` */
  dataDir: string | undefined;
  environment: NodeJS.ProcessEnv;
  /** What a relative `--data-dir` starts from. */
  cwd: string;
}

/** A stack that can only be reached through its Admin API. */
export interface RemoteStack {
  readonly remote: RemoteConfig;
}

export function isRemote(stack: FoundStack | RemoteStack): stack is RemoteStack {
  return "remote" in stack;
}

/**
 * For commands that also work through an Admin API.
 * @throws {ConfigError} naming a variable of the environment that is wrong.
 * @throws {CliError} where an Admin API is named, and cannot be used.
 */
export async function findInstallation(
  query: StackQuery & { url: string | undefined },
): Promise<FoundStack | RemoteStack> {
  const remote = readRemoteConfig(query);
  return remote === undefined ? findLocalStack(query) : { remote };
}

/**
 * For commands that need the database.
 * @throws {ConfigError} naming a variable of the environment that is wrong.
 * @throws {CliError} where an Admin API is meant.
 */
export async function findStack(query: StackQuery): Promise<FoundStack> {
  if (query.dataDir === undefined && query.environment["TERA_ADMIN_URL"]) {
    throw new CliError(
      `${needsDatabase} There, unset TERA_ADMIN_URL, or name the data directory of a stack with --data-dir.`,
    );
  }
  return findLocalStack(query);
}

export const needsDatabase = "This command needs the database, which no Admin API gives: run it on the server.";

async function findLocalStack({ dataDir, environment, cwd }: StackQuery): Promise<FoundStack> {
  const config = readUpConfig(environment);
  const auditActor = auditActorOf(environment);
  const dataDirectory = dataDir === undefined ? defaultDataDirectory : resolve(cwd, dataDir);
  const recorded = await readStack(dataDirectory);
  // After a kill -9 the file is still there.
  const running = recorded !== undefined && (await isRunning(recorded.pid)) ? recorded : undefined;
  const useEnvironment = dataDir === undefined && (config.databaseUrl !== undefined || config.redisUrl !== undefined);
  if (!useEnvironment) {
    const secret = await readSecret(dataDirectory);
    const { databaseUrl, redisUrl } = running ?? {};
    return { dataDirectory, running, databaseUrl, redisUrl, secret, auditActor };
  }
  // `tera up` on somebody's own servers keeps its secret in its data directory.
  const sameDatabase = config.databaseUrl !== undefined && config.databaseUrl === recorded?.databaseUrl;
  const secret = config.secret ?? (sameDatabase ? await readSecret(dataDirectory) : undefined);
  const { databaseUrl, redisUrl } = config;
  return { dataDirectory, running: undefined, databaseUrl, redisUrl, secret, auditActor };
}

async function readSecret(dataDirectory: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDirectory, "secret"), "utf8")).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** @throws {CliError} the one sentence for "there is nothing to speak to". */
export function missing(stack: FoundStack, variable: "DATABASE_URL" | "REDIS_URL" | "TERA_SECRET"): CliError {
  const fromEnvironment = stack.databaseUrl !== undefined || stack.redisUrl !== undefined;
  if (fromEnvironment && stack.running === undefined) {
    return new CliError(`${variable} is not set: this command needs it too.`);
  }
  return new CliError(
    `No Tera runs on ${stack.dataDirectory}: start one with \`npm start\`, name another with --data-dir, or set ${variable}.`,
  );
}
