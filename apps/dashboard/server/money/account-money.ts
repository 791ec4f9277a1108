/** What accounts have and owe, as the Admin API says it. */
import { type ListedAccount, listAccounts } from "@tera/access";
import type { AccountMoney } from "@tera/admin-api/billing";
import type { Db } from "@tera/database";
import { createLedgerStore, formatUsd, readOwedByAccount } from "@tera/metering";
import { notFound } from "../errors.ts";

/** @throws {AdminError} `not_found` */
export async function readAccountMoney(db: Db, accountId: string): Promise<AccountMoney> {
  const { items } = await listAccounts(db, { page: 1, pageSize: 1, sort: "name", among: [accountId] });
  const [money] = await withMoney(db, items);
  if (money === undefined) throw notFound("account");
  return money;
}

/** In the same order. */
export async function withMoney(db: Db, accounts: readonly ListedAccount[]): Promise<AccountMoney[]> {
  const ids = accounts.map(({ id }) => id);
  const [balances, owed] = await Promise.all([createLedgerStore({ db }).balances(ids), readOwedByAccount(db, ids)]);
  return accounts.map(({ id, name, kind, createdAt, disabledAt }) => {
    const { balanceNano = 0n, leasedNano = 0n, availableNano = 0n } = balances.get(id) ?? {};
    const { debtNano = 0n, invoicedNano = 0n, overdueNano = 0n } = owed.get(id) ?? {};
    return {
      accountId: id,
      name,
      kind,
      createdAt: createdAt.toISOString(),
      disabledAt: disabledAt?.toISOString() ?? null,
      balance: formatUsd(balanceNano),
      leased: formatUsd(leasedNano),
      available: formatUsd(availableNano),
      debt: formatUsd(debtNano),
      invoiced: formatUsd(invoicedNano),
      overdue: formatUsd(overdueNano),
    };
  });
}

/** Names by id. @param ids 1,000 at most */
export async function readAccountNames(db: Db, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const { items } = await listAccounts(db, { page: 1, pageSize: ids.length, sort: "name", among: ids });
  return new Map(items.map(({ id, name }) => [id, name]));
}
