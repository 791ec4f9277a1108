/**
 * The connections of a command: opened when needed, closed when it is done, and failures said in words.
 *
 * The drivers are loaded when needed too: they take half a second, which help and shell completion should not.
 */
import type { KeyStore } from "@tera/access";
import type { WorkerState } from "@tera/protocol";
import type { Redis } from "@tera/queue";
import { CliError } from "../terminal/cli-error.ts";
import { type FoundStack, missing } from "./find-stack.ts";

/** @throws {CliError} when there is no database to speak to, or it does not answer, or was never migrated. */
export async function withKeyStore<Result>(
  stack: FoundStack,
  work: (keyStore: KeyStore) => Promise<Result>,
): Promise<Result> {
  const { databaseUrl, secret } = stack;
  if (databaseUrl === undefined) throw missing(stack, "DATABASE_URL");
  if (secret === undefined) throw missing(stack, "TERA_SECRET");
  const { connectDatabase, databaseReason, isDatabaseUnavailable } = await import("@tera/database");
  const { createKeyStore } = await import("@tera/access");
  const database = connectDatabase({ url: databaseUrl, name: "tera-cli", poolSizeMax: 1 });
  try {
    return await work(createKeyStore({ db: database.db, secret }));
  } catch (error) {
    if (isDatabaseUnavailable(error)) {
      throw new CliError(
        `Postgres at ${placeOf(databaseUrl)} does not answer: ${databaseReason(error)}. \`tera doctor\` tells more.`,
        { cause: error },
      );
    }
    if (/relation ".*" does not exist/.test(databaseReason(error))) {
      throw new CliError(
        `The database at ${placeOf(databaseUrl)} has no tables of Tera: start a gateway on it once, which makes them.`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    await database.close(1_000);
  }
}

/** @throws {CliError} when there is no Redis to speak to, or it does not answer. */
export async function withRedis<Result>(stack: FoundStack, work: (redis: Redis) => Promise<Result>): Promise<Result> {
  const { redisUrl } = stack;
  if (redisUrl === undefined) throw missing(stack, "REDIS_URL");
  const { connectRedis } = await import("@tera/queue");
  let reason = "no answer";
  const redis = connectRedis(redisUrl, { name: "tera-cli", log: { info: () => undefined, warn: () => undefined } });
  redis.on("error", (error: Error) => {
    reason = error.message;
  });
  try {
    try {
      await redis.connect();
    } catch (error) {
      throw new CliError(`Redis at ${placeOf(redisUrl)} does not answer: ${reason}. \`tera doctor\` tells more.`, {
        cause: error,
      });
    }
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** The workers that are connected now. @throws {CliError} as `withRedis`. */
export async function readWorkers(stack: FoundStack): Promise<WorkerState[]> {
  const { readWorkerStates } = await import("@tera/queue");
  return withRedis(stack, readWorkerStates);
}

/** Host and port: a URL may hold a password. */
export function placeOf(url: string): string {
  return new URL(url).host;
}
