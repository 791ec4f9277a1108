/** Prepaid accounts that stop soon or have stopped: below what was set for them, or without any credit, while they have keys that open the API. */
import { account, apiKey, buyer, type Db, purse } from "@tera/database";
import { and, asc, eq, exists, gt, isNull, lte, or, sql } from "drizzle-orm";

export interface LowBalance {
  accountId: string;
  name: string;
  /** Nano-USD. */
  balanceNano: bigint;
}

/** The lowest balance first. */
export async function listLowBalances(db: Db, limit: number): Promise<{ items: LowBalance[]; total: number }> {
  const liveKey = db
    .select({ id: apiKey.id })
    .from(apiKey)
    .where(
      and(
        eq(apiKey.accountId, account.id),
        eq(apiKey.purpose, "api"),
        isNull(apiKey.revokedAt),
        isNull(apiKey.disabledAt),
        or(isNull(apiKey.expiresAt), gt(apiKey.expiresAt, sql`now()`)),
      ),
    );
  const balanceNano = sql`coalesce(${purse.balanceNano}, 0)`;
  const rows = await db
    .select({
      accountId: account.id,
      name: account.name,
      balanceNano: balanceNano.mapWith(BigInt),
      total: sql`count(*) over ()`.mapWith(Number),
    })
    .from(account)
    .leftJoin(purse, eq(purse.id, account.id))
    .leftJoin(buyer, eq(buyer.accountId, account.id))
    .where(
      and(
        eq(account.kind, "prepaid"),
        isNull(account.disabledAt),
        or(lte(balanceNano, sql`0`), lte(balanceNano, buyer.lowBalanceNano)),
        exists(liveKey),
      ),
    )
    .orderBy(asc(balanceNano), asc(account.id))
    .limit(limit);
  return { items: rows.map(({ total: _total, ...item }) => item), total: rows[0]?.total ?? 0 };
}
