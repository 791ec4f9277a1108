/**
 * The connections of a command: opened when needed, closed when it is done, and failures said in words.
 *
 * The drivers are loaded when needed too: they take half a second, which help and shell completion should not.
 */
import type { AccountStore, ModelStore } from "@tera/access";
import type { Db } from "@tera/database";
import { findServings, type WorkerState } from "@tera/protocol";
import type { Invalidation, Redis } from "@tera/queue";
import type { AdminClient } from "../remote/admin-client.ts";
import { CliError } from "../terminal/cli-error.ts";
import type { CommandPrices } from "./command-prices.ts";
import type { Books, CommandKeys } from "./command-stores.ts";
import type { CommandUsage } from "./command-usage.ts";
import { type FoundStack, isRemote, missing, type RemoteStack } from "./find-stack.ts";

/** @throws {CliError} as `withDatabase`, and when there is no secret; or when the Admin API refuses. */
export async function withKeyStore<Result>(
  stack: FoundStack | RemoteStack,
  work: (keyStore: CommandKeys, books: Books) => Promise<Result>,
): Promise<Result> {
  if (isRemote(stack)) {
    const { createRemoteBooks } = await import("../remote/remote-books.ts");
    const { createRemoteKeys } = await import("../remote/remote-keys.ts");
    const client = await openClient(stack);
    return work(createRemoteKeys(client), createRemoteBooks(client));
  }
  const { secret } = stack;
  return withDatabase(stack, async (db) => {
    if (secret === undefined) throw missing(stack, "TERA_SECRET");
    const { createStoredBooks } = await import("./stored-books.ts");
    const { createStoredKeys } = await import("./stored-keys.ts");
    const { auditActor: actor } = stack;
    return work(createStoredKeys({ db, secret, actor }), createStoredBooks({ db, actor }));
  });
}

/** @throws {CliError} as `withDatabase`, or when the Admin API refuses. */
export async function withAccountStore<Result>(
  stack: FoundStack | RemoteStack,
  work: (accountStore: AccountStore, books: Books) => Promise<Result>,
): Promise<Result> {
  if (isRemote(stack)) return withKeyStore(stack, work);
  return withDatabase(stack, async (db) => {
    const { createStoredAccounts } = await import("./stored-accounts.ts");
    const { createStoredBooks } = await import("./stored-books.ts");
    const { auditActor: actor } = stack;
    return work(createStoredAccounts({ db, actor }), createStoredBooks({ db, actor }));
  });
}

/** @throws {CliError} as `withDatabase`, or when the Admin API refuses. */
export async function withModelStore<Result>(
  stack: FoundStack | RemoteStack,
  work: (modelStore: ModelStore, prices: CommandPrices) => Promise<Result>,
): Promise<Result> {
  if (isRemote(stack)) {
    const { createRemoteModels } = await import("../remote/remote-models.ts");
    const { createRemotePrices } = await import("../remote/remote-prices.ts");
    const client = await openClient(stack);
    return work(createRemoteModels(client), createRemotePrices(client));
  }
  return withDatabase(stack, async (db) => {
    const { createStoredModels } = await import("./stored-models.ts");
    const { createStoredPrices } = await import("./stored-prices.ts");
    const { auditActor: actor } = stack;
    return work(createStoredModels({ db, actor }), createStoredPrices({ db, actor }));
  });
}

/**
 * @param statementTimeoutMs as of `withDatabase`.
 * @throws {CliError} as `withDatabase`, or when the Admin API refuses.
 */
export async function withPrices<Result>(
  stack: FoundStack | RemoteStack,
  work: (prices: CommandPrices) => Promise<Result>,
  statementTimeoutMs?: number,
): Promise<Result> {
  if (isRemote(stack)) {
    const { createRemotePrices } = await import("../remote/remote-prices.ts");
    return work(createRemotePrices(await openClient(stack)));
  }
  const useDatabase = async (db: Db) => {
    const { createStoredPrices } = await import("./stored-prices.ts");
    return work(createStoredPrices({ db, actor: stack.auditActor }));
  };
  return withDatabase(stack, useDatabase, statementTimeoutMs);
}

/**
 * @param statementTimeoutMs as of `withDatabase`.
 * @throws {CliError} as `withDatabase`, or when the Admin API refuses.
 */
export async function withUsage<Result>(
  stack: FoundStack | RemoteStack,
  work: (usage: CommandUsage) => Promise<Result>,
  statementTimeoutMs?: number,
): Promise<Result> {
  if (isRemote(stack)) {
    const { createRemoteUsage } = await import("../remote/remote-usage.ts");
    return work(createRemoteUsage(await openClient(stack)));
  }
  const useDatabase = async (db: Db) => {
    const { createStoredUsage } = await import("./stored-usage.ts");
    return work(createStoredUsage({ db }));
  };
  return withDatabase(stack, useDatabase, statementTimeoutMs);
}

/** The Admin API. */
export async function openClient({ remote }: RemoteStack): Promise<AdminClient> {
  const { createAdminClient } = await import("../remote/admin-client.ts");
  return createAdminClient(remote);
}

/**
 * @param statementTimeoutMs where a query may take longer than the driver's 10 s.
 * @throws {CliError} when there is no database to speak to, or it does not answer, or was never migrated.
 */
export async function withDatabase<Result>(
  stack: FoundStack,
  work: (db: Db) => Promise<Result>,
  statementTimeoutMs?: number,
): Promise<Result> {
  const { databaseUrl } = stack;
  if (databaseUrl === undefined) throw missing(stack, "DATABASE_URL");
  const { connectDatabase, databaseReason, isDatabaseUnavailable } = await import("@tera/database");
  const database = connectDatabase({
    url: databaseUrl,
    name: "tera-cli",
    poolSizeMax: 1,
    ...(statementTimeoutMs === undefined ? {} : { statementTimeoutMs }),
  });
  try {
    return await work(database.db);
  } catch (error) {
    if (isDatabaseUnavailable(error)) {
      throw new CliError(
        `Postgres at ${placeOf(databaseUrl)} does not answer: ${databaseReason(error)}. \`tera doctor\` tells more.`,
        { cause: error },
      );
    }
    if (/relation ".*" does not exist/.test(databaseReason(error))) {
      throw new CliError(
        `The database at ${placeOf(databaseUrl)} has not all tables of this Tera: start a gateway of this version on it once, which makes them.`,
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

/** Ids of the models that a connected runner serves. @throws {CliError} as `withRedis`, or when the Admin API refuses. */
export async function readServedModels(stack: FoundStack | RemoteStack): Promise<string[]> {
  if (!isRemote(stack)) return [...findServings(await readWorkers(stack)).keys()];
  const { modelIdsSchema } = await import("@tera/admin-api/model-ids");
  const { items } = await (await openClient(stack)).get(modelIdsSchema, "/model-ids");
  return items.flatMap(({ id, isServed }) => (isServed ? [id] : []));
}

/** The workers that are connected now. @throws {CliError} as `withRedis`, or when the Admin API refuses. */
export async function readWorkers(stack: FoundStack | RemoteStack): Promise<WorkerState[]> {
  if (isRemote(stack)) {
    const { readRemoteWorkers } = await import("../remote/remote-workers.ts");
    return readRemoteWorkers(await openClient(stack));
  }
  const { readWorkerStates } = await import("@tera/queue");
  return withRedis(stack, readWorkerStates);
}

/** Tells every gateway of changes that Postgres has. @returns why it did not work; undefined: it did. */
export async function tellGateways(stack: FoundStack, ...changes: Invalidation[]): Promise<string | undefined> {
  try {
    const { publishInvalidation } = await import("@tera/queue");
    await withRedis(stack, async (redis) => {
      for (const change of changes) await publishInvalidation(redis, change);
    });
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

/** Host and port: a URL may hold a password. */
export function placeOf(url: string): string {
  return new URL(url).host;
}
