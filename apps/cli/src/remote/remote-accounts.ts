/** Accounts through an Admin API. It tells the gateways itself. */
import type { AccountStore } from "@tera/access";
import { accountPageSchema, accountSchema, type Account as RemoteAccount } from "@tera/admin-api/accounts";
import type { Account } from "@tera/database";
import type { AdminClient } from "./admin-client.ts";

export function createRemoteAccounts(client: AdminClient): AccountStore {
  const pathOf = (accountId: string) => `/accounts/${encodeURIComponent(accountId)}`;
  return {
    async createAccount(settings) {
      return toAccount(await client.send("POST", accountSchema, "/accounts", settings));
    },
    async findAccount(accountId) {
      const found = await client.find(accountSchema, pathOf(accountId));
      return found && toAccount(found);
    },
    async listAccounts(limit) {
      const accounts = await client.list<typeof accountSchema>(
        accountPageSchema,
        "/accounts",
        { sort: "createdAt" },
        limit,
      );
      return accounts.map(toAccount);
    },
    // What it owes is in the words of the refusal.
    async setAccount(accountId, change) {
      const account = toAccount(await client.send("PATCH", accountSchema, pathOf(accountId), change));
      return { outcome: "changed", account };
    },
    async disableAccount(accountId) {
      return toAccount(await client.send("POST", accountSchema, `${pathOf(accountId)}/disable`));
    },
    async enableAccount(accountId) {
      return toAccount(await client.send("POST", accountSchema, `${pathOf(accountId)}/enable`));
    },
  };
}

function toAccount({ balance: _balance, keys: _keys, createdAt, disabledAt, ...account }: RemoteAccount): Account {
  return {
    ...account,
    createdAt: new Date(createdAt),
    disabledAt: disabledAt === null ? null : new Date(disabledAt),
  };
}
