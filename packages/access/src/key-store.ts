/** API keys as Postgres has them, and their accounts: made, listed, changed, rotated, revoked, found by hash. Who may pass is decided in `authenticator.ts`. */
import { type AccountKind, type ApiKey, account, apiKey, type Db } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { and, asc, desc, eq, isNull, or, sql } from "drizzle-orm";
import { type AccountStore, createAccountStore } from "./account-store.ts";
import { newApiKey } from "./api-key-format.ts";
import { changeKey, type KeyChanged } from "./change-key.ts";
import { type KeyChange, type KeySummary, summaryColumns } from "./key-columns.ts";
import { createKeyHasher } from "./key-hash.ts";
import type { LimitColumns } from "./limits.ts";
import { type Rotated, type Rotation, rotateKey } from "./rotate-key.ts";

/** Its name is for people, and need not be unique. Absent: no limit, `normal` class, no content logging. */
export type NewKey = KeyChange & Partial<Pick<ApiKey, "purpose">> & { accountId: string; name: string };

/** Who opens and closes a key: whoever runs Tera, or the customer whose key it is. */
export type KeySide = "operator" | "customer";

export interface KeyStore extends AccountStore {
  /** @returns `apiKey`, the only copy of the key there will ever be, and what is kept of it. */
  createKey(options: NewKey): Promise<{ apiKey: string; key: KeySummary }>;
  /** The newest first, `limit` at most; revoked and expired ones included. */
  listKeys(options: { accountId?: string | undefined; limit: number }): Promise<KeySummary[]>;
  findKey(keyId: string): Promise<KeySummary | undefined>;
  /** The keys of a rotation, the oldest first: those that were made from this first one, and itself. */
  listRotation(firstKeyId: string): Promise<KeySummary[]>;
  /** @returns the key as it is afterwards; a key that was revoked before keeps its time. `undefined`: no such key. */
  revokeKey(keyId: string): Promise<KeySummary | undefined>;
  /**
   * Nothing opens with it until it is enabled. What the operator has disabled stays the operator's to enable, whoever disables it too.
   * @param by the operator when absent
   * @returns the key as it is afterwards. `undefined`: no such key.
   */
  disableKey(keyId: string, by?: KeySide): Promise<KeySummary | undefined>;
  /** @returns the key as it is afterwards: still disabled, where a customer asks and the operator had disabled it. `undefined`: no such key. */
  enableKey(keyId: string, by?: KeySide): Promise<KeySummary | undefined>;
  /** @returns undefined: no such key. */
  changeKey(keyId: string, change: KeyChange): Promise<KeyChanged | undefined>;
  rotateKey(rotation: Rotation): Promise<Rotated>;
  findByHash(hash: Buffer): Promise<FoundKey | undefined>;
}

/** A key, and what holds for it because of its account. */
export interface FoundKey {
  key: KeySummary;
  accountKind: AccountKind;
  accountLimits: LimitColumns;
  accountDisabledAt: Date | null;
}

/** Of a key joined with its account. */
export const foundColumns = {
  key: summaryColumns,
  accountKind: account.kind,
  accountLimits: {
    requestsPerMinuteMax: account.requestsPerMinuteMax,
    tokensPerMinuteMax: account.tokensPerMinuteMax,
    concurrencyMax: account.concurrencyMax,
  },
  accountDisabledAt: account.disabledAt,
};

export function createKeyStore({ db, secret }: { db: Db; secret: string }): KeyStore {
  const hashKey = createKeyHasher(secret);

  const byHash = db
    .select(foundColumns)
    .from(apiKey)
    .innerJoin(account, eq(account.id, apiKey.accountId))
    .where(eq(apiKey.hash, sql.placeholder("hash")))
    .prepare("find_key_by_hash");

  async function findKey(keyId: string): Promise<KeySummary | undefined> {
    const [key] = await db.select(summaryColumns).from(apiKey).where(eq(apiKey.id, keyId));
    return key;
  }

  return {
    ...createAccountStore({ db }),
    async createKey(options) {
      const secretText = newApiKey();
      const [key] = await db
        .insert(apiKey)
        .values({
          ...options,
          id: `key_${randomBase62(16)}`,
          hash: hashKey(secretText),
          lastFour: secretText.slice(-4),
        })
        .returning(summaryColumns);
      if (key === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      return { apiKey: secretText, key };
    },
    async listKeys({ accountId, limit }) {
      return db
        .select(summaryColumns)
        .from(apiKey)
        .where(accountId === undefined ? undefined : eq(apiKey.accountId, accountId))
        .orderBy(desc(apiKey.createdAt), desc(apiKey.id))
        .limit(limit);
    },
    findKey,
    async listRotation(firstKeyId) {
      return db
        .select(summaryColumns)
        .from(apiKey)
        .where(or(eq(apiKey.id, firstKeyId), eq(apiKey.firstKeyId, firstKeyId)))
        .orderBy(asc(apiKey.createdAt), asc(apiKey.id));
    },
    async revokeKey(keyId) {
      const [revoked] = await db
        .update(apiKey)
        .set({ revokedAt: sql`now()` })
        .where(and(eq(apiKey.id, keyId), isNull(apiKey.revokedAt)))
        .returning(summaryColumns);
      return revoked ?? findKey(keyId);
    },
    async disableKey(keyId, by = "operator") {
      const isOpen = isNull(apiKey.disabledAt);
      const [disabled] = await db
        .update(apiKey)
        .set({
          disabledAt: sql`coalesce(${apiKey.disabledAt}, now())`,
          disabledByCustomer: by === "customer" ? sql`${isOpen} or ${apiKey.disabledByCustomer}` : false,
        })
        .where(eq(apiKey.id, keyId))
        .returning(summaryColumns);
      return disabled;
    },
    async enableKey(keyId, by = "operator") {
      const [enabled] = await db
        .update(apiKey)
        .set({ disabledAt: null, disabledByCustomer: false })
        .where(and(eq(apiKey.id, keyId), by === "customer" ? eq(apiKey.disabledByCustomer, true) : undefined))
        .returning(summaryColumns);
      return enabled ?? findKey(keyId);
    },
    changeKey: (keyId, change) => changeKey(db, keyId, change),
    rotateKey: (rotation) => rotateKey(db, hashKey, rotation),
    async findByHash(hash) {
      const [found] = await byHash.execute({ hash });
      return found;
    },
  };
}
