/** Keys a page at a time, found, sorted and counted by Postgres, with their accounts and the state that they are in by its clock. The dashboard's own keys are not among them. */
import { account, apiKey, type Db } from "@tera/database";
import { and, arrayContains, asc, count, desc, eq, ilike, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import { type KeySummary, summaryColumns } from "./key-columns.ts";
import { contains } from "./list-accounts.ts";

/** active: opens the API, unless its account is disabled. Of several that hold, the last one here. */
export const keyStates = ["active", "disabled", "expired", "revoked"] as const;
export type KeyState = (typeof keyStates)[number];

export interface KeyListQuery {
  /** From 1. */
  page: number;
  pageSize: number;
  /** Part of its name or id, or of its account's name; or its last four characters. */
  search?: string | undefined;
  sort: "name" | "-name" | "account" | "-account" | "createdAt" | "-createdAt" | "expiresAt" | "-expiresAt";
  state?: KeyState | undefined;
  /** Only those that may use this model, also because they may use every one. */
  model?: string | undefined;
  /** Only keys of these accounts; undefined: of all. */
  accountIds?: readonly string[] | undefined;
  /** Only this one. */
  keyId?: string | undefined;
  /** Only those of the rotation that this first key began, and itself. */
  firstKeyId?: string | undefined;
}

export type ListedKey = KeySummary & { accountName: string; accountDisabledAt: Date | null; state: KeyState };

const state = sql<KeyState>`case
  when ${apiKey.revokedAt} is not null then 'revoked'
  when ${apiKey.expiresAt} <= now() then 'expired'
  when ${apiKey.disabledAt} is not null then 'disabled'
  else 'active' end`;

export async function listKeys(db: Db, query: KeyListQuery): Promise<{ items: ListedKey[]; total: number }> {
  const { page, pageSize, sort } = query;
  const matches = matchKeys(query);
  const [items, [counted]] = await Promise.all([
    db
      .select({ ...summaryColumns, accountName: account.name, accountDisabledAt: account.disabledAt, state })
      .from(apiKey)
      .innerJoin(account, eq(account.id, apiKey.accountId))
      .where(matches)
      .orderBy(orders[sort], asc(apiKey.id))
      .limit(pageSize)
      .offset((page - 1) * pageSize),
    db.select({ keys: count() }).from(apiKey).innerJoin(account, eq(account.id, apiKey.accountId)).where(matches),
  ]);
  return { items, total: counted?.keys ?? 0 };
}

/** Without an end comes after every end. */
const orders: Record<KeyListQuery["sort"], SQL> = {
  name: asc(apiKey.name),
  "-name": desc(apiKey.name),
  account: asc(account.name),
  "-account": desc(account.name),
  createdAt: asc(apiKey.createdAt),
  "-createdAt": desc(apiKey.createdAt),
  expiresAt: asc(apiKey.expiresAt),
  "-expiresAt": desc(apiKey.expiresAt),
};

function matchKeys({ search, state: wanted, model, accountIds, keyId, firstKeyId }: KeyListQuery): SQL | undefined {
  return and(
    eq(apiKey.purpose, "api"),
    search === undefined
      ? undefined
      : or(
          ilike(apiKey.name, contains(search)),
          ilike(apiKey.id, contains(search)),
          ilike(account.name, contains(search)),
          eq(apiKey.lastFour, search),
        ),
    wanted === undefined ? undefined : eq(state, wanted),
    model === undefined ? undefined : or(isNull(apiKey.modelScope), arrayContains(apiKey.modelScope, [model])),
    accountIds === undefined ? undefined : inArray(apiKey.accountId, [...accountIds]),
    keyId === undefined ? undefined : eq(apiKey.id, keyId),
    firstKeyId === undefined ? undefined : or(eq(apiKey.id, firstKeyId), eq(apiKey.firstKeyId, firstKeyId)),
  );
}
