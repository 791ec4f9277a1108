/** Accounts as Postgres has them. An account is disabled, never deleted: its usage and its ledger hang on it. */
import { type Account, type AccountKind, account, type Db, purse } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { asc, eq, sql } from "drizzle-orm";

/** What is chosen for an account; a limit of null: none. */
export type AccountSettings = Pick<
  Account,
  "name" | "kind" | "requestsPerMinuteMax" | "tokensPerMinuteMax" | "concurrencyMax"
>;

/** What is absent stays as it is. */
export type AccountChange = { [Field in keyof AccountSettings]?: AccountSettings[Field] | undefined };

export type AccountChanged =
  | { outcome: "changed"; account: Account }
  | { outcome: "unknown" }
  /** It owes so much, and a prepaid account cannot be below zero: nothing was changed. Nano-USD. */
  | { outcome: "owes"; owedNano: bigint };

export interface AccountStore {
  createAccount(options: AccountChange & { name: string; kind: AccountKind }): Promise<Account>;
  findAccount(accountId: string): Promise<Account | undefined>;
  /** The oldest first, `limit` at most. */
  listAccounts(limit: number): Promise<Account[]>;
  setAccount(accountId: string, change: AccountChange): Promise<AccountChanged>;
  /** None of its keys opens anything until it is enabled. @returns it as it is afterwards; an account that was disabled before keeps its time. */
  disableAccount(accountId: string): Promise<Account | undefined>;
  enableAccount(accountId: string): Promise<Account | undefined>;
}

export function createAccountStore({ db }: { db: Db }): AccountStore {
  return {
    async createAccount(settings) {
      const id = `acct_${randomBase62(16)}`;
      const [made] = await db
        .insert(account)
        .values({ ...settings, id })
        .returning();
      if (made === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      return made;
    },
    async findAccount(accountId) {
      const [found] = await db.select().from(account).where(eq(account.id, accountId));
      return found;
    },
    async listAccounts(limit) {
      return db.select().from(account).orderBy(asc(account.createdAt), asc(account.id)).limit(limit);
    },
    async setAccount(accountId, change) {
      return db.transaction(async (tx): Promise<AccountChanged> => {
        // Its purse first, as everybody who changes what may be spent.
        const [own] = await tx.select().from(purse).where(eq(purse.id, accountId)).for("update");
        const [before] = await tx.select().from(account).where(eq(account.id, accountId)).for("update");
        if (own === undefined || before === undefined) return { outcome: "unknown" };
        if (change.kind === "prepaid" && own.balanceNano < own.leasedNano) {
          return { outcome: "owes", owedNano: own.leasedNano - own.balanceNano };
        }
        const [after] = await tx
          .update(account)
          // Drizzle leaves out what is undefined, and refuses to change nothing at all.
          .set({ ...change, name: change.name ?? before.name })
          .where(eq(account.id, accountId))
          .returning();
        if (after === undefined) return { outcome: "unknown" };
        await tx
          .update(purse)
          .set({ bounded: after.kind === "prepaid" })
          .where(eq(purse.id, accountId));
        return { outcome: "changed", account: after };
      });
    },
    async disableAccount(accountId) {
      const [disabled] = await db
        .update(account)
        .set({ disabledAt: sql`coalesce(${account.disabledAt}, now())` })
        .where(eq(account.id, accountId))
        .returning();
      return disabled;
    },
    async enableAccount(accountId) {
      const [enabled] = await db.update(account).set({ disabledAt: null }).where(eq(account.id, accountId)).returning();
      return enabled;
    },
  };
}
