/** Accounts in Postgres, as commands change them: each change with its entry in the audit log. */
import { type AccountStore, type AuditActor, type AuditEntry, changeAudited, createAccountStore } from "@tera/access";
import type { Account, Db } from "@tera/database";

export function createStoredAccounts({ db, actor }: { db: Db; actor: AuditActor }): AccountStore {
  async function switchAccount(accountId: string, action: "disable" | "enable"): Promise<Account | undefined> {
    return changeAudited(db, actor, async (tx) => {
      const store = createAccountStore({ db: tx });
      const before = await store.findAccount(accountId);
      const after = await (action === "disable" ? store.disableAccount(accountId) : store.enableAccount(accountId));
      return { answer: after, entry: after && entryOf(`account.${action}`, before, after) };
    });
  }

  return {
    ...createAccountStore({ db }),
    async createAccount(options) {
      return changeAudited(db, actor, async (tx) => {
        const made = await createAccountStore({ db: tx }).createAccount(options);
        return { answer: made, entry: entryOf("account.create", undefined, made) };
      });
    },
    async setAccount(accountId, change) {
      return changeAudited(db, actor, async (tx) => {
        const store = createAccountStore({ db: tx });
        const before = await store.findAccount(accountId);
        const changed = await store.setAccount(accountId, change);
        const entry = changed.outcome === "changed" ? entryOf("account.change", before, changed.account) : undefined;
        return { answer: changed, entry };
      });
    },
    disableAccount: (accountId) => switchAccount(accountId, "disable"),
    enableAccount: (accountId) => switchAccount(accountId, "enable"),
  };
}

function entryOf(action: string, before: Account | undefined, after: Account): AuditEntry {
  const { id, name } = after;
  return { action, objectKind: "account", objectId: id, objectName: name, accountId: id, before, after };
}
