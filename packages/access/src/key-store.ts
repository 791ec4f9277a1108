/** Accounts and API keys as Postgres has them: made, listed, revoked, found by hash. Who may pass is decided in `authenticator.ts`. */
import { type Account, type AccountKind, type ApiKey, account, apiKey, type Db } from "@tera/database";
import { type LaneClass, randomBase62 } from "@tera/protocol";
import { and, asc, desc, eq, getTableColumns, isNull, sql } from "drizzle-orm";
import { newApiKey } from "./api-key-format.ts";
import { createKeyHasher } from "./key-hash.ts";

/** A key without its hash: safe to show. */
export type KeySummary = Omit<ApiKey, "hash">;

export interface NewKey {
  accountId: string;
  /** For people; need not be unique. */
  name: string;
  expiresAt?: Date | undefined;
  /** Model ids that the key may use; absent: all. */
  modelScope?: readonly string[] | undefined;
  /** `normal` when absent. */
  laneClass?: LaneClass | undefined;
}

export interface KeyStore {
  createAccount(options: { name: string; kind: AccountKind }): Promise<Account>;
  findAccount(accountId: string): Promise<Account | undefined>;
  /** The oldest first, `limit` at most. */
  listAccounts(limit: number): Promise<Account[]>;
  /** @returns `apiKey`, the only copy of the key there will ever be, and what is kept of it. */
  createKey(options: NewKey): Promise<{ apiKey: string; key: KeySummary }>;
  /** The newest first, `limit` at most; revoked and expired ones included. */
  listKeys(options: { accountId?: string | undefined; limit: number }): Promise<KeySummary[]>;
  findKey(keyId: string): Promise<KeySummary | undefined>;
  /** @returns the key as it is afterwards; a key that was revoked before keeps its time. `undefined`: no such key. */
  revokeKey(keyId: string): Promise<KeySummary | undefined>;
  findByHash(
    hash: Buffer,
  ): Promise<{ key: KeySummary; accountKind: AccountKind; accountDisabledAt: Date | null } | undefined>;
}

const { hash: _secret, ...summaryColumns } = getTableColumns(apiKey);

export function createKeyStore({ db, secret }: { db: Db; secret: string }): KeyStore {
  const hashKey = createKeyHasher(secret);

  const byHash = db
    .select({ key: summaryColumns, accountKind: account.kind, accountDisabledAt: account.disabledAt })
    .from(apiKey)
    .innerJoin(account, eq(account.id, apiKey.accountId))
    .where(eq(apiKey.hash, sql.placeholder("hash")))
    .prepare("find_key_by_hash");

  async function findKey(keyId: string): Promise<KeySummary | undefined> {
    const [key] = await db.select(summaryColumns).from(apiKey).where(eq(apiKey.id, keyId));
    return key;
  }

  return {
    async createAccount({ name, kind }) {
      const id = `acct_${randomBase62(16)}`;
      return single(await db.insert(account).values({ id, name, kind }).returning());
    },
    async findAccount(accountId) {
      const [found] = await db.select().from(account).where(eq(account.id, accountId));
      return found;
    },
    async listAccounts(limit) {
      return db.select().from(account).orderBy(asc(account.createdAt), asc(account.id)).limit(limit);
    },
    async createKey(options) {
      const secretText = newApiKey();
      const inserted = await db
        .insert(apiKey)
        .values({
          id: `key_${randomBase62(16)}`,
          accountId: options.accountId,
          name: options.name,
          hash: hashKey(secretText),
          lastFour: secretText.slice(-4),
          expiresAt: options.expiresAt ?? null,
          modelScope: options.modelScope === undefined ? null : [...options.modelScope],
          laneClass: options.laneClass ?? "normal",
        })
        .returning(summaryColumns);
      return { apiKey: secretText, key: single(inserted) };
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
    async revokeKey(keyId) {
      const [revoked] = await db
        .update(apiKey)
        .set({ revokedAt: sql`now()` })
        .where(and(eq(apiKey.id, keyId), isNull(apiKey.revokedAt)))
        .returning(summaryColumns);
      return revoked ?? findKey(keyId);
    },
    async findByHash(hash) {
      const [found] = await byHash.execute({ hash });
      return found;
    },
  };
}

function single<Row>(rows: Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error("an INSERT ... RETURNING gave no row");
  return row;
}
