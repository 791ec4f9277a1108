/** The principal of what a key began and that outlives its request: a batch. */
import { account, apiKey, type Db } from "@tera/database";
import { desc, eq, sql } from "drizzle-orm";
import { invalidApiKey, toPrincipal } from "./authenticator.ts";
import { foundColumns } from "./key-store.ts";
import type { Principal } from "./principal.ts";

/**
 * The key itself, or, where that was rotated, a later one of its rotation.
 * @throws {TeraError} `invalid_api_key` when none of them may be used any more.
 */
export async function readPrincipal(db: Db, keyId: string): Promise<Principal> {
  const first = sql`(select coalesce(first_key_id, id) from api_key where id = ${keyId})`;
  const found = await db
    .select(foundColumns)
    .from(apiKey)
    .innerJoin(account, eq(account.id, apiKey.accountId))
    .where(sql`${first} in (${apiKey.id}, ${apiKey.firstKeyId})`)
    .orderBy(sql`${eq(apiKey.id, keyId)} desc`, desc(apiKey.createdAt), desc(apiKey.id));
  const nowMs = Date.now();
  for (const each of found) {
    const principal = toPrincipal(each, nowMs);
    if (principal !== undefined) return principal;
  }
  throw invalidApiKey();
}
