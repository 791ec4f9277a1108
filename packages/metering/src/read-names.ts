/** Names of accounts and keys, for lists that only have their ids. */
import { account, apiKey, type Db } from "@tera/database";
import { inArray } from "drizzle-orm";

/** By id; who is gone is missing. */
export async function readAccountNames(db: Db, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: account.id, name: account.name })
    .from(account)
    .where(inArray(account.id, [...new Set(ids)]));
  return new Map(rows.map(({ id, name }) => [id, name]));
}

export interface KeyName {
  name: string;
  lastFour: string;
  accountId: string;
}

/** As above. */
export async function readKeyNames(db: Db, ids: readonly string[]): Promise<Map<string, KeyName>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: apiKey.id, name: apiKey.name, lastFour: apiKey.lastFour, accountId: apiKey.accountId })
    .from(apiKey)
    .where(inArray(apiKey.id, [...new Set(ids)]));
  return new Map(rows.map(({ id, ...key }) => [id, key]));
}
