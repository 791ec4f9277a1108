/** One at a time, over all gateways: a lock that ends with its transaction, so that nobody who died holds it. */
import type { Db } from "@tera/database";
import { sql } from "drizzle-orm";

/** Postgres ends a transaction in which nothing happens for ten seconds. */
const signOfLifeMs = 3_000;

/** What a transaction gives to ask with. */
export type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];

/**
 * @param work may use `tx`, which is undone when it throws, and other connections.
 * @returns undefined: somebody else is at it.
 */
export async function withLock<Result>(
  db: Db,
  name: string,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result | undefined> {
  return db.transaction(async (tx) => {
    const { rows } = await tx.execute(sql`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as mine`);
    if (rows[0]?.["mine"] !== true) return undefined;
    const timer = setInterval(() => tx.execute(sql`select 1`).catch(() => undefined), signOfLifeMs);
    try {
      return await work(tx);
    } finally {
      clearInterval(timer);
    }
  });
}
