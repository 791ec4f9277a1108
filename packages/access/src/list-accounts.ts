/** Accounts a page at a time, found, sorted and counted by Postgres, with what people look for in a list: balance and keys. */
import { type Account, type AccountKind, account, apiKey, type Db, purse } from "@tera/database";
import { and, asc, desc, eq, getTableColumns, ilike, inArray, isNotNull, isNull, or, sql } from "drizzle-orm";

export interface AccountListQuery {
  /** From 1. */
  page: number;
  pageSize: number;
  /** Part of its name or id. */
  search?: string | undefined;
  sort: "name" | "-name" | "createdAt" | "-createdAt" | "balance" | "-balance";
  kind?: AccountKind | undefined;
  state?: "enabled" | "disabled" | undefined;
  /** Only these; undefined: all. */
  among?: readonly string[] | undefined;
}

export type ListedAccount = Account & { balanceNano: bigint; keys: number };

export async function listAccounts(
  db: Db,
  query: AccountListQuery,
): Promise<{ items: ListedAccount[]; total: number }> {
  const { page, pageSize, search, sort, kind, state, among } = query;
  const matches = and(
    search === undefined ? undefined : or(ilike(account.name, contains(search)), ilike(account.id, contains(search))),
    kind === undefined ? undefined : eq(account.kind, kind),
    state === undefined ? undefined : (state === "disabled" ? isNotNull : isNull)(account.disabledAt),
    among === undefined ? undefined : inArray(account.id, [...among]),
  );
  const balanceNano = sql`coalesce(${purse.balanceNano}, 0)`.mapWith(BigInt);
  const order = {
    name: asc(account.name),
    "-name": desc(account.name),
    createdAt: asc(account.createdAt),
    "-createdAt": desc(account.createdAt),
    balance: asc(balanceNano),
    "-balance": desc(balanceNano),
  }[sort];
  const [items, total] = await Promise.all([
    db
      .select({
        ...getTableColumns(account),
        balanceNano,
        keys: sql`(select count(*) from ${apiKey} where ${apiKey.accountId} = ${account.id} and ${apiKey.revokedAt} is null and ${apiKey.purpose} = 'api')`.mapWith(
          Number,
        ),
      })
      .from(account)
      .leftJoin(purse, eq(purse.id, account.id))
      .where(matches)
      .orderBy(order, asc(account.id))
      .limit(pageSize)
      .offset((page - 1) * pageSize),
    db.$count(account, matches),
  ]);
  return { items, total };
}

/** For LIKE: the text anywhere, its own wildcards taken as they are. */
export function contains(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}
